/** The part of the package that is used; it ships no types. */
declare module 'jstat' {
  interface Normal {
    cdf(x: number, mean: number, deviation: number): number
    inv(probability: number, mean: number, deviation: number): number
  }
  const jstat: { jStat: { normal: Normal } }
  export = jstat
}
