import type { Store } from '../shared/store/collection.ts'
import { openStore } from '../shared/store/open.ts'
import { readEndpoints } from './local/endpoints.ts'

export interface Deployment {
  store: Store
  project_id: string
}

/** The deployment that the environment names by `MONGODB_URI`, or else the one that runs on a data directory of this machine. */
export function openDeployment(dataDir: string, environment: NodeJS.ProcessEnv): Deployment {
  const { MONGODB_URI, MONGODB_DATABASE = 'mathematricks_trading', GOOGLE_CLOUD_PROJECT = 'mathematricks-local' } = environment
  const FUND_ID = environment.FUND_ID ?? 'mathematricks_fund'
  if (MONGODB_URI) return { store: openStore({ MONGODB_URI, MONGODB_DATABASE, FUND_ID }), project_id: GOOGLE_CLOUD_PROJECT }
  const { mongodb_uri, database, project_id, pubsub_emulator_host } = readEndpoints(dataDir)
  if (pubsub_emulator_host !== null) {
    // Google's client reads these when it is first used.
    environment.PUBSUB_EMULATOR_HOST = pubsub_emulator_host
    environment.METADATA_SERVER_DETECTION = 'none'
  }
  return { store: openStore({ MONGODB_URI: mongodb_uri, MONGODB_DATABASE: database, FUND_ID }), project_id }
}
