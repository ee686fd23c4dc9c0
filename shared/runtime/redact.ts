/**
 * `user:password@` of a URL, up to the last `@`: an `@` in a password is often not encoded. The
 * scheme is bounded, so that a long path takes linear time.
 */
const CREDENTIALS = /(\b[a-z][a-z\d+.-]{0,30}:\/\/[^\s:/?#@"'`]*):[^\s"'`<>]*@/gi;
const PARAMETERS = /([?&][\w.-]*(?:password|passwd|pwd|secret|token)=)[^&\s"'`]*/gi;

/** Removes the passwords of all URLs in a text, e.g. `redis://app:***@host:6379`. */
export function redact(text: string): string {
  return text.replace(CREDENTIALS, '$1:***@').replace(PARAMETERS, '$1***');
}

/**
 * Patterns of what may identify a buyer: values in the error messages of MongoDB and mongoose,
 * email addresses, and phone numbers. The text before a value stays, so that the cause can be read.
 */
const PERSONAL: readonly (readonly [pattern: RegExp, shown: string])[] = [
  // The values of a duplicate key may contain any character, so the rest of the line is removed.
  [/(\bdup key: ).*/g, '$1{ *** }'],
  [/(\bfor value )(?:"[^"]*"|'[^']*')/g, '$1"***"'],
  [/\(`[^`]*`((?:, length \d+)?)\)/g, '(`***`$1)'],
  [/`[^`]*`(?= is not a valid )/g, '`***`'],
  // An address begins where no such character is before it, so a long word takes linear time.
  [/(?<![\p{L}\d._%+-])[\p{L}\d._%+-]+@[\p{L}\d-]+(?:\.[\p{L}\d-]+)+/gu, '***'],
  [/\+\d[\d ().-]{6,}\d/g, '***'],
];

/** Removes what may identify a buyer from the text of a failure. */
export function redactPersonal(text: string): string {
  return PERSONAL.reduce((redacted, [pattern, shown]) => redacted.replace(pattern, shown), text);
}
