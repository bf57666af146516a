/** How figures are written for people. The same in every language of the machine: reports are compared with `diff`. */

/** `12,345`; `0` is written `0`. */
export function integer(value: number): string {
  const digits = String(Math.abs(Math.round(value)));
  let grouped = digits.slice(-3);
  for (let end = digits.length - 3; end > 0; end -= 3)
    grouped = `${digits.slice(Math.max(0, end - 3), end)},${grouped}`;
  return `${value < 0 ? '-' : ''}${grouped}`;
}

/** `12.3%`; `-` where there is no rate. Small but not nothing is `<0.1%`, nearly all but not all is never `100.0%`. */
export function percent(rate: number | null): string {
  if (rate === null) return '-';
  const tenths = Math.round(rate * 1000);
  if (rate > 0 && tenths === 0) return '<0.1%';
  if (rate < 1 && tenths === 1000) return '99.9%';
  return `${(tenths / 10).toFixed(1)}%`;
}

/** `0.25s`, `12s`, `3m10s`, `2h05m`, `3d04h`; `-` where there is none. */
export function duration(seconds: number | null): string {
  if (seconds === null) return '-';
  if (seconds < 10) return `${Number(seconds.toPrecision(2))}s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m${two(whole % 60)}s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)}h${two(minutes % 60)}m`;
  const hours = Math.round(minutes / 60);
  return `${Math.floor(hours / 24)}d${two(hours % 24)}h`;
}

/** `512 B`, `1.2 kB`, `3.4 MB`: powers of 1,000. */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let size = value;
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit++;
  }
  return `${unit === 0 ? size : size.toFixed(1)} ${units[unit]}`;
}

/** `512`, `33k`, `1.2M`, `215M`: the same where columns are narrow. */
export function shortBytes(value: number): string {
  const [size = '0', unit = 'B'] = bytes(value).split(' ');
  const digits = Number(size) >= 10 ? String(Math.round(Number(size))) : size;
  return unit === 'B' ? digits : `${digits}${unit.slice(0, 1)}`;
}

/** `1 message`, `2 messages` */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${integer(count)} ${count === 1 ? one : many}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
