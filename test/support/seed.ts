/** Property tests print their seed: `SEED=123 npx vitest run …` repeats one. */
export const SEED: number = process.env.SEED === undefined ? Date.now() & 0x7fffffff : Number(process.env.SEED);
console.info(`property tests: SEED=${SEED}`);
