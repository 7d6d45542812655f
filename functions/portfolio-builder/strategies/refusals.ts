import { Problem } from '../../../shared/runtime/problem.ts'
import type { StrategyConfiguration } from '../../../shared/store/strategy-configurations.ts'

export const unknownStrategy = (strategy_id: string) =>
  new Problem({ status: 404, code: 'UNKNOWN_STRATEGY', detail: `There is no strategy ${strategy_id}.` })

export const takenStrategy = (strategy_id: string) =>
  new Problem({
    status: 409,
    code: 'STRATEGY_EXISTS',
    detail: `${strategy_id} is taken, perhaps by a deleted strategy whose history stays. Choose another id.`,
  })

export const staleStrategy = (strategy_id: string, { yours, current }: { yours: number; current: StrategyConfiguration }) =>
  new Problem({
    status: 409,
    code: 'VERSION_CONFLICT',
    detail: `${strategy_id} was changed meanwhile: you sent version ${yours}, it has version ${current.version}. Read it again and repeat the change.`,
    figures: { your_version: yours, current_version: current.version },
  })
