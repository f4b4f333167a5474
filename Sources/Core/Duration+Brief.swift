// SPDX-License-Identifier: Apache-2.0

extension Duration {
  /// For people, cut and not rounded: `0.4s`, `12s`, `3m05s`, `1h02m`.
  package var brief: String {
    let seconds = Int(components.seconds)
    if seconds < 10 {
      let tenths = Int(components.attoseconds / 100_000_000_000_000_000)
      return "\(seconds).\(tenths)s"
    }
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    if seconds < 60 { return "\(seconds)s" }
    if seconds < 3600 { return "\(seconds / 60)m\(two(seconds % 60))s" }
    return "\(seconds / 3600)h\(two(seconds % 3600 / 60))m"
  }
}
