import highsModule from 'highs'
import type { Solver } from '../domain/portfolio/solver.ts'

/** The package's types describe its CommonJS form, in which the function is one level deeper than it is in the module that runs. */
const loadHighs = highsModule as unknown as typeof highsModule.default

/** Loads HiGHS as WebAssembly; about 0.2 s, so once a thread. Nothing of it is shared between threads. */
export async function loadSolver(): Promise<Solver> {
  const highs = await loadHighs()
  return {
    createModel() {
      const model = highs.createModel()
      return {
        options: model.options,
        passModel: input => model.passModel(input),
        addRows: ({ lower, upper, matrix }) => model.addRows({ lower, upper, matrix }),
        run: () => model.run(),
        getModelStatus: () => model.getModelStatus(),
        getSolution: () => model.getSolution(),
        dispose: () => model.dispose(),
      }
    },
  }
}
