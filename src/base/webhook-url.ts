// Where events may be posted to.

/** Whether a text is a URL of http or https, with a host. */
export function isWebhookUrl(text: string): boolean {
  return /^https?:\/\/[^\s]+$/.test(text) && URL.canParse(text);
}
