export * from './accounting.ts';
export * from './delivery-event.ts';
export * from './errors.ts';
export * from './explanation.ts';
export * from './smtp-reply.ts';
export * from './table-row.ts';
export * from './vocabulary.ts';
