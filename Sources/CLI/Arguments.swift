// SPDX-License-Identifier: Apache-2.0

/// Command lines as Terraform's and kubectl's hands type them: `-out x` and `--out x` are the same.
enum Arguments {
  /// The arguments with every long option written with two dashes.
  ///
  /// A word of one dash and at least two characters is a long option unless it reads as a number; what follows `--` is
  /// left alone. No command bundles short options, so that nothing else can be meant.
  static func normalized(_ arguments: [String]) -> [String] {
    var result: [String] = []
    var literal = false
    for argument in arguments {
      if argument == "--" { literal = true }
      let name = argument.dropFirst().prefix { $0 != "=" }
      let isLong =
        !literal && argument.hasPrefix("-") && !argument.hasPrefix("--") && name.count > 1
        && name.allSatisfy { $0.isLetter || $0 == "-" }
      result.append(isLong ? "-" + argument : argument)
    }
    return result
  }

  /// Whether the answer was asked for as JSON, for what goes wrong before a command can say so itself.
  static func wantJSON(_ arguments: [String]) -> Bool {
    let words = normalized(arguments)
    return words.contains("--json") || words.contains("-o=json") || words.contains("--output=json")
      || zip(words, words.dropFirst()).contains { ["-o", "--output"].contains($0) && $1 == "json" }
  }
}
