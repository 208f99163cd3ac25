/** Every broker of the tour holds its own name here, retained: a device asks where it is. */
export const NAME_TOPIC = "tour/broker-name";
