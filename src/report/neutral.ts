/** What comes from a log is hostile until shown otherwise: nothing of it may steer a terminal, a browser or a spreadsheet. */

// C0, DEL and C1 controls; marks that reorder or hide text; separators that some programs take for line ends; lone surrogates.
const ACTIVE =
  /[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]|\udb40[\udc00-\udc7f]/g;
const ACTIVE_ONCE = new RegExp(ACTIVE.source);

/** Text for people, on one line: tabs and line ends become spaces, other active characters a visible `\x1b` or `\u202e`. */
export function neutral(text: string): string {
  return ACTIVE_ONCE.test(text) ? text.replace(ACTIVE, visible) : text;
}

function visible(character: string): string {
  if (character === '\t' || character === '\n' || character === '\r') return ' ';
  const code = character.charCodeAt(0);
  if (character.length > 1) return `\\u{${character.codePointAt(0)!.toString(16)}}`;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** Text for a spreadsheet: a cell that would be a formula gets an apostrophe before it, as OWASP advises. */
export function formulaGuard(text: string): string {
  return /^[\s]*[=+\-@|%\uff1d\uff0b\uff0d\uff20]/.test(text) || /^[\t\r\n]/.test(text) ? `'${text}` : text;
}

/** Text for HTML, in elements and in quoted attributes. */
export function escapeHtml(text: string): string {
  return neutral(text).replace(/[&<>"'`]/g, (character) => HTML_ENTITIES[character]!);
}

const HTML_ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

/** Text for a cell of a Markdown table: nothing in it is markup, a link or a cell's end. */
export function escapeMarkdown(text: string): string {
  return neutral(text)
    .replace(/[&<>]/g, (character) => HTML_ENTITIES[character]!)
    .replace(/[\\`*_{}[\]#+!|~^$]/g, '\\$&')
    .replace(/:\/\//g, ':&#47;&#47;')
    .replace(/@/g, '&#64;')
    .replace(/www\./gi, 'www&#46;');
}
