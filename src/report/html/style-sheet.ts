import { HEAT, INVERSE, PALETTE } from './charts.ts';

/** Charts carry the light colours as attributes, which any rule of a style sheet outranks. */
function darkCharts(): string {
  return [...Object.values(PALETTE), ...HEAT, INVERSE]
    .map(([light, dark]) => `svg [fill="${light}"]{fill:${dark}}svg [stroke="${light}"]{stroke:${dark}}`)
    .join('\n    ');
}

/** The page's style: no font, image or rule from elsewhere. */
export const STYLE_SHEET = `
  :root { color-scheme: light dark; --page: #ffffff; --soft: #f4f6f8; --line: #d9dee4; --text: #1d2329; --dim: #545d68;
    --block: #b3372b; --deferral: #8a5503; --expired: #5f4b8b; --suppression: #1d5fa8; --link: #1d5fa8; }
  @media screen and (prefers-color-scheme: dark) {
    :root { --page: #14181d; --soft: #1d232a; --line: #3a424c; --text: #e3e7ec; --dim: #a7b0bb;
      --block: #ef8577; --deferral: #f0b955; --expired: #b09ae0; --suppression: #7fb2ec; --link: #7fb2ec; }
    ${darkCharts()}
  }
  * { box-sizing: border-box; }
  body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
  main { max-width: 75rem; margin: 0 auto; padding: 1rem; }
  h1 { font-size: 1.5rem; line-height: 1.2; margin: .5rem 0 .75rem; }
  h2 { font-size: 1.15rem; margin: 2.25rem 0 .75rem; padding-top: .5rem; border-top: 1px solid var(--line); }
  h3 { font-size: 1rem; margin: 0 0 .35rem; overflow-wrap: anywhere; }
  p { margin: .35rem 0; }
  a { color: var(--link); }
  .skip { position: absolute; left: -100rem; }
  .skip:focus { left: 1rem; top: 1rem; background: var(--page); padding: .5rem 1rem; z-index: 1; }
  dl.facts { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: 0; }
  dl.facts dt { color: var(--dim); }
  dl.facts dd { margin: 0; overflow-wrap: anywhere; }
  nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; list-style: none; padding: 0; margin: 1rem 0 0; }
  ol.problems { list-style: none; padding: 0; margin: 0; display: grid; gap: .75rem; }
  ol.problems > li, .warning { background: var(--soft); border: 1px solid var(--line); border-left: .35rem solid var(--dim);
    border-radius: .35rem; padding: .7rem .9rem; }
  .kind { font-size: .8rem; font-weight: 600; letter-spacing: .03em; text-transform: uppercase; }
  li.sender_block { border-left-color: var(--block) !important; } li.sender_block .kind { color: var(--block); }
  li.deferral { border-left-color: var(--deferral) !important; } li.deferral .kind { color: var(--deferral); }
  li.expired { border-left-color: var(--expired) !important; } li.expired .kind { color: var(--expired); }
  li.suppression { border-left-color: var(--suppression) !important; } li.suppression .kind { color: var(--suppression); }
  .warning { border-left-color: var(--deferral); margin-bottom: .75rem; }
  blockquote, code.answer { margin: .35rem 0; padding: .4rem .6rem; display: block; background: var(--page); border: 1px solid var(--line);
    border-radius: .25rem; font: 13px/1.45 ui-monospace, monospace; overflow-wrap: anywhere; white-space: normal; }
  ul.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .75rem; list-style: none; padding: 0; margin: 0; }
  ul.tiles li { background: var(--soft); border: 1px solid var(--line); border-radius: .35rem; padding: .6rem .8rem; }
  ul.tiles b { display: block; font-size: 1.35rem; font-variant-numeric: tabular-nums; line-height: 1.25; }
  ul.tiles span { color: var(--dim); font-size: .85rem; display: block; }
  .pair { display: grid; gap: 1rem; align-items: start; }
  .pair > * { min-width: 0; }
  @media (min-width: 62rem) { .pair.beside { grid-template-columns: minmax(24rem, 1fr) fit-content(38rem); } }
  figure { margin: 0; min-width: 0; }
  figure svg { max-width: 100%; height: auto; display: block; }
  .narrow { display: none; }
  @media (max-width: 43rem) { .wide { display: none; } .narrow { display: block; } }

  figcaption { color: var(--dim); font-size: .85rem; margin-top: .35rem; }
  .scroll { overflow-x: auto; max-width: 100%; border: 1px solid var(--line); border-radius: .35rem; }
  .pair.beside .scroll { max-height: 20rem; overflow: auto; }
  .pair.beside thead th { position: sticky; top: 0; }
  .pair.beside th, .pair.beside td { padding-left: .35rem; padding-right: .35rem; } .pair.beside table { font-size: .84rem; }
  .scroll:focus-visible, button:focus-visible, a:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
  table { border-collapse: collapse; width: 100%; font-size: .9rem; }
  caption { text-align: left; padding: .4rem .6rem; color: var(--dim); font-size: .85rem; }
  th, td { padding: .28rem .6rem; text-align: left; vertical-align: top; border-top: 1px solid var(--line); }
  thead th { border-top: 0; border-bottom: 2px solid var(--line); vertical-align: bottom; background: var(--soft); }
  .scroll + .scroll { margin-top: .75rem; }
  tbody th { font-weight: 500; overflow-wrap: break-word; max-width: 24rem; }
  .t { white-space: nowrap; }
  caption.same { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
  thead th.n { white-space: normal; }
  td.words { min-width: 9rem; overflow-wrap: anywhere; font-size: .85rem; }
  td.long { min-width: 16rem; overflow-wrap: anywhere; font-size: .85rem; }
  th button { all: unset; cursor: pointer; } th button::after { content: "\\00a0\\2195"; color: var(--dim); }
  th[aria-sort=ascending] button::after { content: "\\00a0\\2191"; } th[aria-sort=descending] button::after { content: "\\00a0\\2193"; }
  @media screen and (max-width: 43rem) {
    tbody th { max-width: 13rem; overflow-wrap: anywhere; }
    .worded thead { display: none; } .worded tbody tr { display: flex; flex-wrap: wrap; border-top: 1px solid var(--line); }
    .worded tbody th, .worded td { border: 0; } .worded tbody th { flex: 1 1 auto; } .worded td.long { flex: 1 0 100%; min-width: 0; padding-top: 0; }
  }
  footer { margin-top: 2.5rem; color: var(--dim); font-size: .85rem; border-top: 1px solid var(--line); padding-top: .75rem; }
  @media print {
    :root { color-scheme: light; --page: #ffffff; --soft: #ffffff; --line: #bbbbbb; --text: #000000; --dim: #444444;
      --block: #b3372b; --deferral: #8a5503; --expired: #5f4b8b; --suppression: #1d5fa8; --link: #000000; }
    body { font-size: 10pt; } main { max-width: none; padding: 0; }
    nav, .skip { display: none; } .pair, .pair.beside { display: block; } .pair .scroll, .pair.beside .scroll { max-height: none; margin-top: .5rem; }
    .scroll { overflow: visible; border: 0; } .wide { display: block; } .narrow { display: none; }
    figure, ol.problems > li, .warning, ul.tiles li, tr { break-inside: avoid; } h2, h3, caption { break-after: avoid; } h2 { margin-top: 1.25rem; }
    /* Paper does not scroll. */
    table { font-size: .7rem; } th, td { padding: .2rem .25rem; } tbody th { min-width: 7rem; } tbody th, td.words, td.long { overflow-wrap: anywhere; }
    .t { white-space: normal; } td.t { overflow-wrap: anywhere; } td.words { min-width: 5rem; } td.long { min-width: 8rem; } #heat th { min-width: 0; overflow-wrap: anywhere; }
    th button::after { content: none !important; }
  }
`;
