/** The HTML report in a real browser: no request, no console message, nothing wider than the screen, no axe violation. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DIMENSIONS } from '../../src/aggregate/report-model.ts';
import { SORT_SCRIPT, SORT_SCRIPT_HASH } from '../../src/report/html/sort-script.ts';
import { CHROMIUM, launchChromium } from '../support/chromium.ts';
import { HOSTILE } from '../support/hostile.ts';
import { run } from '../support/run-in-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'smtp-enrich-html-'));
const LOG = ['--tz', 'UTC', '--year', '2026', '--quiet', '--format', 'html'];

/** Lines of a log in which everything that can be is hostile. */
function hostileLog(): string {
  return HOSTILE.map((word, i) => {
    const flat = word.replace(/[\n\0]/g, ' ');
    return `Nov 22 02:${String(i % 60).padStart(2, '0')}:00 mx01 postfix/smtp[1]: 4jX${i}AAAAzJT: to=<${flat.replace(/[<>]/g, '')}@${i % 2 === 0 ? 'example.com' : `${flat.replace(/[<>\s]/g, '')}.example`}>, relay=mx.example.com[192.0.2.1]:25, delay=1, delays=0/0/1/0, dsn=5.1.1, status=${i % 3 === 0 ? 'deferred' : 'bounced'} (host mx.example.com[192.0.2.1] said: ${i % 3 === 0 ? 450 : 550} 5.1.1 ${flat} (in reply to RCPT TO command))\n`;
  }).join('');
}

async function page(name: string, args: readonly string[], stdin?: string): Promise<string> {
  const { stdout, code } = await run(['report', ...args, ...LOG], stdin === undefined ? {} : { stdin });
  expect(code === 0 || stdin !== undefined).toBe(true);
  const path = join(folder, `${name}.html`);
  writeFileSync(path, stdout);
  return path;
}

it('allows its one script and no other', () => {
  expect(SORT_SCRIPT_HASH).toBe(createHash('sha256').update(SORT_SCRIPT).digest('base64'));
});

describe.skipIf(CHROMIUM === undefined)('in Chromium', () => {
  let browser: Browser;
  const pages: Record<string, string> = {};
  beforeAll(async () => {
    browser = await launchChromium();
    pages.log = await page('log', [
      'samples/maillog',
      '--detail',
      '2',
      ...DIMENSIONS.flatMap((name) => ['--by', name]),
    ]);
    pages.webhooks = await page('webhooks', ['samples/sendgrid.ndjson']);
    pages.empty = await page('empty', ['-'], '');
    pages.hostile = await page('hostile', ['-', '--top', '0', '--detail', '3'], hostileLog());
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

  describe.each(['log', 'webhooks', 'empty', 'hostile'])('%s', (name) => {
    it.each([
      ['1280 px', { width: 1280, colorScheme: 'light', media: 'screen', scripts: true }],
      ['360 px', { width: 360, colorScheme: 'light', media: 'screen', scripts: true }],
      ['in the dark', { width: 1280, colorScheme: 'dark', media: 'screen', scripts: true }],
      ['360 px in the dark', { width: 360, colorScheme: 'dark', media: 'screen', scripts: true }],
      ['printed', { width: 794, colorScheme: 'dark', media: 'print', scripts: true }],
      ['without scripts', { width: 1280, colorScheme: 'light', media: 'screen', scripts: false }],
    ] as const)('%s', async (what, { width, colorScheme, media, scripts }) => {
      const context = await browser.newContext({
        viewport: { width, height: 900 },
        colorScheme,
        javaScriptEnabled: scripts,
      });
      const tab = await context.newPage();
      const requests: string[] = [];
      const messages: string[] = [];
      tab.on('request', (request) => requests.push(request.url()));
      tab.on('console', (message) => messages.push(message.text()));
      tab.on('pageerror', (error) => messages.push(String(error)));
      tab.on('dialog', (dialog) => messages.push(dialog.message()));
      await tab.emulateMedia({ media, colorScheme });
      await tab.goto(`file://${pages[name]}`);
      expect(requests).toEqual([`file://${pages[name]}`]);
      expect(messages).toEqual([]);
      // Paper is white, whatever the screen is: ink must be dark.
      if (media === 'print')
        expect(
          await tab.evaluate('getComputedStyle(document.querySelector(".wide svg text") ?? document.body).fill'),
        ).toMatch(/^rgb\((?:0|48), (?:0|54), (?:0|61)\)$/);
      const screenshots = process.env.SCREENSHOTS;
      if (screenshots !== undefined)
        await tab.screenshot({ path: join(screenshots, `${name} ${what}.png`), fullPage: true });
      if (scripts) {
        expect(await tab.evaluate('window.pwned')).toBeUndefined();
        // What is wider than paper is not there.
        expect(
          await tab.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'),
        ).toBeLessThanOrEqual(0);
      }
      await context.close();
    });

    it.each([
      [1280, 'light'],
      [360, 'light'],
      [1280, 'dark'],
    ] as const)('has no axe violation at %i px, %s', async (width, colorScheme) => {
      // axe itself is a script, and the page allows none but its own.
      const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, bypassCSP: true });
      const tab = await context.newPage();
      await tab.goto(`file://${pages[name]}`);
      await tab.evaluate(axe);
      const violations = (await tab.evaluate(
        'axe.run().then((r) => r.violations.map((v) => v.id + " " + v.nodes[0].html.slice(0, 200)))',
      )) as string[];
      expect(violations).toEqual([]);
      await context.close();
    });
  });

  it('sorts its tables by their headings, numbers as numbers', async () => {
    const tab = await browser.newPage();
    await tab.goto(`file://${pages.log}`);
    const column = (): Promise<number[]> =>
      tab.evaluate(
        'Array.from(document.querySelectorAll("#domain table.sortable")[0].tBodies[0].rows, (row) => Number(row.cells[1].textContent.replace(/,/g, "")))',
      ) as Promise<number[]>;
    const before = await column();
    await tab.locator('#domain th button', { hasText: 'messages' }).first().click();
    expect(await column()).toEqual([...before].sort((a, b) => b - a));
    await tab.locator('#domain th button', { hasText: 'messages' }).first().press('Enter');
    expect(await column()).toEqual([...before].sort((a, b) => a - b));
    expect(await tab.locator('#domain th[aria-sort=ascending]').count()).toBe(1);
    await tab.close();
  });
});
