#include "address.h"

#include <string.h>

static void fill_name(struct address *to, const char *name, size_t length) {
    size_t room = sizeof to->name.sun_path;
    if (length == 0 || length > room) return;
    to->name.sun_family = AF_UNIX;
    memcpy(to->name.sun_path, name, length);
    to->size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    // A path ends with a zero where there is room; an abstract name has its length only.
    if (name[0] != 0 && length < room) to->size++;
}

struct address next_address(struct call *call, bool is_unix) {
    struct address to = {.size = 0};
    struct array bytes = next_array(call, napi_uint8_array);
    in_port_t port = htons((uint16_t)next_int(call));
    if (is_unix) {
        fill_name(&to, bytes.data, bytes.length);
    } else if (bytes.length == 4) {
        to.v4.sin_family = AF_INET;
        to.v4.sin_port = port;
        memcpy(&to.v4.sin_addr, bytes.data, 4);
        to.size = sizeof to.v4;
    } else if (bytes.length == 16) {
        to.v6.sin6_family = AF_INET6;
        to.v6.sin6_port = port;
        memcpy(&to.v6.sin6_addr, bytes.data, 16);
        to.size = sizeof to.v6;
    } else if (bytes.length > 0) {
        refuse_call(call, "an address of 4 or 16 bytes was expected");
    }
    return to;
}

void address_write(const struct address *from, int32_t *words) {
    memset(words, 0, ADDRESS_WORDS * sizeof *words);
    if (from->any.sa_family == AF_INET) {
        words[0] = 4;
        words[1] = ntohs(from->v4.sin_port);
        memcpy(&words[2], &from->v4.sin_addr, 4);
    } else if (from->any.sa_family == AF_INET6) {
        words[0] = 6;
        words[1] = ntohs(from->v6.sin6_port);
        memcpy(&words[2], &from->v6.sin6_addr, 16);
    }
}
