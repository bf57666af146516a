/** One SMTP answer, taken apart: what the server said, and where in the logged text it stands. */
export interface SmtpReply {
  /** RFC 5321 section 4.2, 200-599. */
  readonly reply_code?: number | undefined;
  /** RFC 3463, `5.1.1`; of the last line that carries one, and of the reply code's class. */
  readonly enhanced_code?: string | undefined;
  /** The words of the answer: without codes, the lines of a multi-line reply joined. */
  readonly text: string;
  /** The command that was answered, as Postfix names it: `RCPT TO`, `end of DATA`, …; `CONNECT` where the greeting was. */
  readonly command?: string | undefined;
  /** Who said it. */
  readonly host?: string | undefined;
  /** `delivery temporarily suspended`: an earlier cause repeated; what is parsed is that cause. */
  readonly suspended: boolean;
  /** Where in the response the server's own words start and end, codes included. */
  readonly start: number;
  readonly end: number;
}
