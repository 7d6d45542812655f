import type { CloudSchedulerClient, protos } from '@google-cloud/scheduler'

export interface Schedule {
  /** The step that it starts. */
  step: string
  /** Five fields, minute first. */
  cron: string
  time_zone: string
  state: 'ENABLED' | 'PAUSED' | 'DISABLED' | 'UPDATE_FAILED'
  last_run: Date | null
  next_run: Date | null
  /** When a person last changed, paused or resumed it. */
  changed_at: Date | null
}

/** A time table that the scheduler does not take, in its words. */
export class TimeTableRefused extends Error {}

/** Cloud Scheduler's jobs that start our steps. Of each, one that starts no known step answers null. */
export interface Schedules {
  list(): Promise<Schedule[]>
  pause(step: string): Promise<Schedule | null>
  resume(step: string): Promise<Schedule | null>
  /** Starts one run at once, of a paused one too. */
  run(step: string): Promise<Schedule | null>
  /** @throws TimeTableRefused */
  change(step: string, table: { cron: string; time_zone: string }): Promise<Schedule | null>
}

export interface SchedulesConfig {
  GOOGLE_CLOUD_PROJECT: string
  GOOGLE_CLOUD_REGION: string
  /** On one machine, `host:port` of the local scheduler. */
  CLOUD_SCHEDULER_EMULATOR_HOST?: string | undefined
}

type Job = protos.google.cloud.scheduler.v1.IJob

const INVALID_ARGUMENT = 3 // gRPC
/** Somebody waits for the answer: the client's own way is to try again for ten minutes. */
const hasty = { timeout: 5_000, retry: null }
const topicOfRun = /\/topics\/run-(.+)$/
const states = { 1: 'ENABLED', 2: 'PAUSED', 3: 'DISABLED', 4: 'UPDATE_FAILED' } as const

/** Reads and changes the jobs of a project's region; Google's client is loaded with the first call. */
export function openSchedules(config: SchedulesConfig): Schedules {
  const parent = `projects/${config.GOOGLE_CLOUD_PROJECT}/locations/${config.GOOGLE_CLOUD_REGION}`
  let client: Promise<CloudSchedulerClient> | null = null
  const connected = () => {
    client ??= connect(config)
    return client
  }
  const jobs = async (): Promise<Job[]> => (await (await connected()).listJobs({ parent }, hasty))[0].filter(job => stepOf(job) !== null)
  const on = async (step: string, act: (client: CloudSchedulerClient, name: string) => Promise<[Job, ...unknown[]]>) => {
    const name = (await jobs()).find(job => stepOf(job) === step)?.name
    return name ? scheduleOf((await act(await connected(), name))[0]) : null
  }
  return {
    list: async () => (await jobs()).map(scheduleOf),
    pause: step => on(step, (client, name) => client.pauseJob({ name }, hasty)),
    resume: step => on(step, (client, name) => client.resumeJob({ name }, hasty)),
    run: step => on(step, (client, name) => client.runJob({ name }, hasty)),
    change: (step, { cron, time_zone }) =>
      on(step, (client, name) => {
        const job = { name, schedule: cron, timeZone: time_zone }
        return client.updateJob({ job, updateMask: { paths: ['schedule', 'time_zone'] } }, hasty).catch(refusedTimeTable)
      }),
  }
}

async function connect({ CLOUD_SCHEDULER_EMULATOR_HOST: local }: SchedulesConfig): Promise<CloudSchedulerClient> {
  const { CloudSchedulerClient } = await import('@google-cloud/scheduler')
  if (local === undefined) return new CloudSchedulerClient()
  const { credentials } = await import('@grpc/grpc-js')
  const [apiEndpoint = '', port] = local.split(':')
  return new CloudSchedulerClient({ apiEndpoint, port: Number(port), sslCreds: credentials.createInsecure() })
}

function refusedTimeTable(error: Error & { code?: number; details?: string }): never {
  if (error.code === INVALID_ARGUMENT) throw new TimeTableRefused(error.details ?? error.message, { cause: error })
  throw error
}

const stepOf = ({ pubsubTarget }: Job): string | null => topicOfRun.exec(pubsubTarget?.topicName ?? '')?.[1] ?? null

function scheduleOf(job: Job): Schedule {
  const { schedule, timeZone, state, lastAttemptTime, scheduleTime, userUpdateTime } = job
  return {
    step: stepOf(job) ?? '',
    cron: schedule ?? '',
    time_zone: timeZone ?? 'UTC',
    state: stateOf(state),
    last_run: dateOf(lastAttemptTime),
    next_run: dateOf(scheduleTime),
    changed_at: dateOf(userUpdateTime),
  }
}

const stateOf = (state: Job['state']): Schedule['state'] =>
  typeof state === 'number' ? (states[state as keyof typeof states] ?? 'DISABLED') : ((state as Schedule['state'] | null) ?? 'DISABLED')

const dateOf = (at: protos.google.protobuf.ITimestamp | null | undefined): Date | null =>
  at ? new Date(Number(at.seconds ?? 0) * 1000 + Math.round((at.nanos ?? 0) / 1e6)) : null
