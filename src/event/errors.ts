/** The codes under which this program reports what it cannot do. `cli/` maps each to an exit code. */
export type ErrorCode =
  | 'USAGE' // an option or argument makes no sense: exit 2
  | 'TABLE' // a code table or policy is not valid: exit 2
  | 'IO' // a file cannot be read or written: exit 4
  | 'STATE'; // the state file cannot be used: exit 4

/** An error for a person: what was expected, what was found, where, and what to do. Never thrown for a line of a log. */
export class SmtpEnrichError extends Error {
  readonly code: ErrorCode;
  /** What to do about it, one sentence; empty where the message says it all. */
  readonly hint: string;

  constructor(code: ErrorCode, message: string, hint = '', options?: ErrorOptions) {
    super(message, options);
    this.name = 'SmtpEnrichError';
    this.code = code;
    this.hint = hint;
  }
}

/** Why a file could not be read, for people. */
export function whyUnreadable(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EISDIR') return 'it is a directory';
  if (code === 'EACCES') return 'permission denied';
  return error instanceof Error ? error.message : String(error);
}
