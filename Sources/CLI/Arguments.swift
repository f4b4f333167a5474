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
}
