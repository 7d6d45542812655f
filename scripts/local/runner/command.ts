import { existsSync } from 'node:fs'
import { LockedError } from './lock.ts'
import { type Options, readOptions, UsageError, usage } from './options.ts'
import { run } from './run.ts'

const WRONG_USAGE = 2
const FAILED = 1

/** Runs `npm start` with these arguments and resolves with its exit code; what is wrong is said in words. */
export async function startCommand(args: string[]): Promise<number> {
  try {
    if (existsSync('.env.local')) process.loadEnvFile('.env.local')
    return await run(optionsOf(args), process.env)
  } catch (error) {
    const { message } = error as Error
    console.error(error instanceof LockedError || error instanceof UsageError ? message : `Not started. ${message}`)
    return error instanceof UsageError ? WRONG_USAGE : FAILED
  }
}

function optionsOf(args: string[]): Options {
  try {
    return readOptions(args, process.env)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    throw new UsageError(`${error.message}\n\n${usage}`, { cause: error })
  }
}
