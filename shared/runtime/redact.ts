/** `user:password@` of a URL, up to the last `@`: an `@` in a password is often not encoded. */
const CREDENTIALS = /(\b[a-z][a-z\d+.-]*:\/\/[^\s:/?#@"'`]*):[^\s"'`<>]*@/gi;
const PARAMETERS = /([?&][\w.-]*(?:password|passwd|pwd|secret|token)=)[^&\s"'`]*/gi;

/** Removes the passwords of all URLs in a text, e.g. `redis://app:***@host:6379`. */
export function redact(text: string): string {
  return text.replace(CREDENTIALS, '$1:***@').replace(PARAMETERS, '$1***');
}
