export interface MonthlyRow {
  year: string
  /** January to December, compounded, fractions; null where the year has no day of the month. */
  months: (number | null)[]
  year_return: number
}

/** Compounded return of each month and year. */
export function monthlyTable(dates: readonly string[], returns: ArrayLike<number>): MonthlyRow[] {
  const rows = new Map<string, (number | null)[]>()
  for (const [day, date] of dates.entries()) {
    const [year, month] = [date.slice(0, 4), Number(date.slice(5, 7)) - 1]
    const months = rows.get(year) ?? Array.from({ length: 12 }, () => null)
    months[month] = (1 + (months[month] ?? 0)) * (1 + (returns[day] as number)) - 1
    rows.set(year, months)
  }
  return [...rows].map(([year, months]) => ({
    year,
    months,
    year_return: months.reduce<number>((all, each) => all * (1 + (each ?? 0)), 1) - 1,
  }))
}
