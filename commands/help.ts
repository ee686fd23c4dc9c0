/** Prints `text` and ends the process when the command was called with --help. */
export function printHelpIfAsked(text: string): void {
  const asked = process.argv
    .slice(2)
    .some((argument) => argument === '--help' || argument === '-h');
  if (!asked) return;
  console.log(text.trim());
  process.exit(0);
}
