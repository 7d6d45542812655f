import { describe, expect, it } from 'vitest'
import { readOptions, UsageError } from '../../../../../scripts/local/runner/options.ts'

const defaults = {
  port: 8080,
  dataDir: '.local',
  reset: false,
  demo: true,
  sender: true,
  marketHours: false,
  simulated: false,
  shadow: null,
  only: null,
}

describe('options of npm start', () => {
  it('starts everything, with demo data, when nothing is said', () => {
    expect(readOptions([], {})).toEqual(defaults)
  })

  it('takes each option', () => {
    const args = [
      '--port',
      '9000',
      '--data',
      '/d',
      '--reset',
      '--no-sender',
      '--market-hours',
      '--brokers',
      'simulated',
      '--shadow',
      'v2',
      '--only',
      'mongodb, pubsub',
    ]
    expect(readOptions(args, {})).toEqual({
      ...defaults,
      port: 9000,
      dataDir: '/d',
      reset: true,
      sender: false,
      marketHours: true,
      simulated: true,
      shadow: 'v2',
      only: ['mongodb', 'pubsub'],
    })
  })

  it('has no demo sender without demo data', () => {
    expect(readOptions(['--no-demo'], {})).toMatchObject({ demo: false, sender: false })
  })

  it.each([
    [['--prot', '1'], /--prot/],
    [['--port', 'x'], /--port takes a number/],
    [['--port', '70000'], /--port takes a number/],
    [['--port'], /--port/],
    [['--only', ','], /--only takes/],
    [['--shadow', 'v1'], /--shadow takes/],
    [['--brokers', 'real'], /--brokers takes “simulated”/],
    [['--brokers', 'simulated', '--no-demo'], /adds to the demo data/],
    [['stray'], /stray/],
  ])('refuses %j', (args, message) => {
    expect(() => readOptions(args, {})).toThrow(UsageError)
    expect(() => readOptions(args, {})).toThrow(message)
  })

  it('keeps away from the data of a database that MONGODB_URI names', () => {
    const given = { MONGODB_URI: 'mongodb://example' }
    expect(() => readOptions([], given)).toThrow(/Demo data is refused where MONGODB_URI is set/)
    expect(() => readOptions(['--reset', '--no-demo'], given)).toThrow(/--reset is refused where MONGODB_URI is set/)
    expect(readOptions(['--no-demo'], given)).toMatchObject({ demo: false, reset: false })
  })
})
