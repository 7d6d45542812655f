import type { Secrets } from '../../shared/cloud/cached-secrets.ts'
import type { Publisher } from '../../shared/cloud/publisher.ts'
import type { Schedules } from '../../shared/cloud/schedules.ts'
import type { Flush } from '../../shared/runtime/outbox.ts'
import type { Routes } from '../../shared/runtime/route.ts'
import type { Store } from '../../shared/store/collection.ts'
import { activityRoutes } from './activity/routes.ts'
import { allocationRoutes } from './allocations/routes.ts'
import { backtestRoutes } from './backtests/routes.ts'
import { withOlderPaths } from './older-paths.ts'
import { researchRoutes } from './research/routes.ts'
import { safetyRoutes } from './safety/routes.ts'
import { scheduleRoutes } from './schedules/routes.ts'
import { settingsRoutes } from './settings/routes.ts'
import { strategyRoutes } from './strategies/routes.ts'

export interface Surroundings {
  store: Store
  secrets: Secrets
  flush: Flush
  publisher: Publisher
  schedules: Schedules
  environment: string
  time_zone: string
}

/** Everything that an admin does with the portfolio (POR-2), at its address and at the older one. */
export const portfolioRoutes = (surroundings: Surroundings): Routes =>
  withOlderPaths({
    ...strategyRoutes(surroundings),
    ...backtestRoutes(surroundings),
    ...allocationRoutes(surroundings),
    ...researchRoutes(surroundings),
    ...activityRoutes(surroundings.store),
    ...settingsRoutes(surroundings.store),
    ...safetyRoutes(surroundings),
    ...scheduleRoutes(surroundings),
  })
