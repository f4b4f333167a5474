// SPDX-License-Identifier: Apache-2.0

/// How AWS's names are written in Swift.
enum SwiftName {
  /// `DBClusterIdentifier` → `dbClusterIdentifier`, `ARN` → `arn`, `VPCs` → `vpcs`: the leading run of capitals and
  /// digits becomes lower case as a whole, but for the capital that starts the next word.
  static func lowerCamel(_ name: String) -> String {
    let characters = Array(name)
    let run = characters.prefix { $0.isUppercase || $0.isNumber }.count
    guard run > 0 else { return name }
    let rest = characters[run...]
    let isPlural =
      rest.first == "s" && (rest.count == 1 || rest.dropFirst().first.map { $0.isUppercase || $0.isNumber } == true)
    let lowered: Int
    if run == 1 || rest.isEmpty || isPlural || !(rest.first?.isLowercase ?? false) {
      lowered = run
    } else {
      lowered = run - 1
    }
    return String(characters[..<lowered]).lowercased() + String(characters[lowered...])
  }

  /// In backticks where Swift needs them.
  static func escaped(_ name: String) -> String {
    keywords.contains(name) ? "`\(name)`" : name
  }

  private static let keywords: Set<String> = [
    "as", "associatedtype", "break", "case", "catch", "class", "continue", "default", "defer", "deinit", "do", "else",
    "enum", "extension", "fallthrough", "false", "fileprivate", "for", "func", "guard", "if", "import", "in", "init",
    "inout", "internal", "is", "let", "nil", "operator", "precedencegroup", "private", "protocol", "public", "repeat",
    "rethrows", "return", "self", "static", "struct", "subscript", "super", "switch", "throw", "throws", "true", "try",
    "typealias", "var", "where", "while",
  ]

  /// Names that generated code uses and must not redefine.
  static let reserved: Set<String> = [
    "Bool", "Double", "Fields", "InputStructure", "Int", "JSON", "Member", "Operation", "OperationModel",
    "OutputStructure", "Pagination", "ServiceModel", "String", "StructureShape", "Timestamp", "UInt8",
  ]
}
