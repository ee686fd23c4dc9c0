/** `user:password@` of a URL, up to the last `@`: people forget to encode the one in a password. */
const CREDENTIALS = /(\b[a-z][a-z\d+.-]*:\/\/[^\s:/?#@"'`]*):[^\s"'`<>]*@/gi;
const PARAMETERS = /([?&][\w.-]*(?:password|passwd|pwd|secret|token)=)[^&\s"'`]*/gi;

/** The text without the passwords of the URLs in it, e.g. `redis://app:***@host:6379`. */
export function redact(text: string): string {
  return text.replace(CREDENTIALS, '$1:***@').replace(PARAMETERS, '$1***');
}
