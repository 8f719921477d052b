/** ANSI and OSC sequences, so that what they carry goes with them and not only their first character. */
const ESCAPES =
  // oxlint-disable-next-line no-control-regex -- control characters are what this is about
  /(?:\u001b\[|\u009b)[0-?]{0,64}[ -/]{0,16}[@-~]|(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\u0007\u001b\u009c]{0,4096}(?:\u0007|\u001b\\|\u009c)|\u001b[ -~]?/g;

/** Line ends as `\n`, and no other C0 or C1 control than tab; terminal sequences go whole. Linear. */
export function stripControls(text: string): string {
  return (
    text
      .replaceAll(ESCAPES, '')
      .replaceAll(/\r\n?/g, '\n')
      // oxlint-disable-next-line no-control-regex -- see above
      .replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '')
  );
}
