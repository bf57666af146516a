import type { DeliveryEvent } from '../event/index.ts';
import type { CombineFn } from './combine.ts';

// biome-ignore lint/suspicious/noExplicitAny: each fold has types of its own; AccOf and OutOf give them back to the caller.
type AnyFold = CombineFn<any, any>;
type AccOf<F> = F extends CombineFn<infer Acc, infer _Out> ? Acc : never;
type OutOf<F> = F extends CombineFn<infer _Acc, infer Out> ? Out : never;

/** Several folds as one, by name: one pass feeds them all. */
export function combineAll<const Folds extends Readonly<Record<string, AnyFold>>>(
  folds: Folds,
): CombineFn<{ [K in keyof Folds]: AccOf<Folds[K]> }, { [K in keyof Folds]: OutOf<Folds[K]> }> {
  const names = Object.keys(folds) as (keyof Folds)[];
  type Acc = { [K in keyof Folds]: AccOf<Folds[K]> };
  type Out = { [K in keyof Folds]: OutOf<Folds[K]> };
  const each = <T>(make: (name: keyof Folds) => T): { [K in keyof Folds]: T } =>
    Object.fromEntries(names.map((name) => [name, make(name)])) as { [K in keyof Folds]: T };
  return {
    create: () => each((name) => folds[name]!.create()) as Acc,
    add(acc, event) {
      for (const name of names) folds[name]!.add(acc[name], event);
    },
    merge(a, b) {
      for (const name of names) a[name] = folds[name]!.merge(a[name], b[name]);
      return a;
    },
    extract: (acc) => each((name) => folds[name]!.extract(acc[name])) as Out,
  };
}

/** A fold that sees only the events for which `wanted` holds: a period, an address, a domain. */
export function onlyWhere<Acc, Out>(
  fold: CombineFn<Acc, Out>,
  wanted: (event: DeliveryEvent) => boolean,
): CombineFn<Acc, Out> {
  return {
    ...fold,
    add(acc, event) {
      if (wanted(event)) fold.add(acc, event);
    },
  };
}
