import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** One process of this machine. */
export interface ProcessInfo {
  pid: number;
  parentPid: number;
  /** Tells this process from a later one with the same number. */
  start: string;
  cpuSeconds: number;
  residentBytes: number;
}

/** Every living process (zombies are dead) by its number. */
export function readProcesses(): Map<number, ProcessInfo> {
  return process.platform === 'linux' ? readProc() : readPs();
}

/** When this process was started, or undefined when there is none (any more). */
export function startOf(pid: number): string | undefined {
  return readOne(pid)?.start;
}

/** Processor time that this process has used, or undefined when there is none (any more). */
export function cpuSecondsOf(pid: number): number | undefined {
  return readOne(pid)?.cpuSeconds;
}

/** The process and everything it started, directly or not. */
export function familyOf(pid: number, processes: ReadonlyMap<number, ProcessInfo>): ProcessInfo[] {
  const family: ProcessInfo[] = [];
  const wanted = [pid];
  for (let next = wanted.pop(); next !== undefined; next = wanted.pop()) {
    const info = processes.get(next);
    if (info) family.push(info);
    for (const other of processes.values()) if (other.parentPid === next) wanted.push(other.pid);
  }
  return family;
}

/**
 * Memory of a process in which a page that several share counts once in all (Linux's proportional set size); where
 * that cannot be had, its resident memory.
 */
export function proportionalBytes({ pid, residentBytes }: ProcessInfo): number {
  try {
    const [, kilobytes] = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')) ?? [];
    return kilobytes === undefined ? residentBytes : Number(kilobytes) * 1024;
  } catch {
    return residentBytes;
  }
}

function readProc(): Map<number, ProcessInfo> {
  const processes = new Map<number, ProcessInfo>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const info = readStat(Number(name));
    if (info) processes.set(info.pid, info);
  }
  return processes;
}

function readOne(pid: number): ProcessInfo | undefined {
  return process.platform === 'linux' ? readStat(pid) : readPs().get(pid);
}

let units: { ticksPerSecond: number; pageBytes: number; boot: string } | undefined;

function linuxUnits() {
  units ??= {
    ticksPerSecond: Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' })),
    pageBytes: Number(execFileSync('getconf', ['PAGESIZE'], { encoding: 'utf8' })),
    boot: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
  };
  return units;
}

function readStat(pid: number): ProcessInfo | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  const { ticksPerSecond, pageBytes, boot } = linuxUnits();
  return parseStat(text, { ticksPerSecond, pageBytes, boot });
}

/** One line of /proc/<pid>/stat (proc_pid_stat(5)); the name in brackets may hold spaces and brackets. */
export function parseStat(
  text: string,
  { ticksPerSecond, pageBytes, boot }: { ticksPerSecond: number; pageBytes: number; boot: string },
): ProcessInfo | undefined {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (number: number) => Number(fields[number - 3]);
  const state = fields[0];
  if (state === 'Z' || state === 'X') return undefined;
  return {
    pid: Number.parseInt(text, 10),
    parentPid: field(4),
    start: `${boot}/${field(22)}`,
    cpuSeconds: (field(14) + field(15)) / ticksPerSecond,
    residentBytes: field(24) * pageBytes,
  };
}

function readPs(): Map<number, ProcessInfo> {
  const text = execFileSync('ps', ['-axo', 'pid=,ppid=,stat=,rss=,time=,lstart='], { encoding: 'utf8' });
  const infos = text.split('\n').flatMap((line) => parsePs(line) ?? []);
  return new Map(infos.map((info) => [info.pid, info]));
}

/** One line of `ps -axo pid=,ppid=,stat=,rss=,time=,lstart=` as macOS prints it. */
export function parsePs(line: string): ProcessInfo | undefined {
  const [pid, parent, state, rssKilobytes, time, ...start] = line.trim().split(/\s+/);
  if (!pid || !time || state?.startsWith('Z')) return undefined;
  const cpuSeconds = time.split(/[-:]/).reduce((sum, part) => sum * 60 + Number(part), 0);
  return {
    pid: Number(pid),
    parentPid: Number(parent),
    start: start.join(' '),
    cpuSeconds,
    residentBytes: Number(rssKilobytes) * 1024,
  };
}
