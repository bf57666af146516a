/** Whether a program is a mail server's: Postfix logs as `syslog_name/daemon`, whatever syslog_name is set to. For log lines: ../assembly. */
export function isMailProgram(name: string): boolean {
  return name.includes('/') || name.includes('postfix');
}
