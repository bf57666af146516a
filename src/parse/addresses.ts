/**
 * The domain of a recipient as it is counted: lower case, internationalised names in their ASCII form (RFC 5890), without a
 * final dot. What is no domain name at all is kept as it stands.
 * @param text what follows the last `@`
 */
export function domainOf(text: string): string {
  let domain = text.toLowerCase();
  if (domain.endsWith('.')) domain = domain.slice(0, -1);
  if (/^[\x21-\x7e]*$/.test(domain)) return domain;
  // What ends a host name in a URL is no part of any name: such a text is kept whole.
  if (/[\x00-\x20\x7f/\\:?#@%[\]<>^|]/.test(domain)) return domain;
  try {
    return new URL(`http://${domain}/`).hostname;
  } catch {
    return domain;
  }
}
