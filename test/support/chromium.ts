/** A headless Chromium, where the machine has one: the tests that need it say so and are skipped elsewhere. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const PLACES = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

export const CHROMIUM: string | undefined = PLACES.find((path) => path !== undefined && existsSync(path));
if (CHROMIUM === undefined)
  console.warn(
    'no Chromium here (apt-get install chromium, or set CHROMIUM): the tests of the HTML report in a browser are skipped',
  );

/** Launches it with a profile of its own, which ends with it, and without calls of its own to the network. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM!,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
