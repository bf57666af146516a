import type { Suppression } from '../../aggregate/suppression-list.ts';

/** A suppression file that some program can import. One file each in this folder, listed in index.ts. */
export interface SuppressionExport {
  /** As given to `--for`. */
  readonly name: string;
  readonly describe: string;
  /** The importer takes at most so many addresses in one file. */
  readonly most?: number;
  /** And at most so many bytes. */
  readonly mostBytes?: number;
  /** One document: what is rendered of a part of the list is no part of the file. */
  readonly whole?: boolean;
  /** Why the importer cannot take an entry, a clause for stderr; undefined where it can. */
  readonly refuses: (entry: Suppression) => string | undefined;
  /** The whole file, of entries that are not refused; times in `zone` where the format names a zone at all. */
  readonly render: (entries: readonly Suppression[], zone: string) => string;
}
