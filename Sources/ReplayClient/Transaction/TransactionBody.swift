// SPDX-License-Identifier: Apache-2.0

internal import Core

/// What is no transaction, and will not become one.
struct Malformed: Error, Sendable, Hashable {
  let reason: String
}

/// A transaction as the buffer keeps it and as SQS carries it: a text that is written once and never anew.
struct TransactionBody: Sendable {
  /// A ledger's key is an index entry, which may have no more than about 2,700 bytes.
  static let longestID = 255

  let text: String

  /// SHA-256 in hexadecimal of the text: what the ledger remembers. Of the text and not of what it means, since two
  /// languages do not write the same number the same way.
  var hash: String { Digest.hex(Digest.sha256(text)) }

  init(text: String) {
    self.text = text
  }

  init(_ transaction: Transaction) throws(Malformed) {
    try Self.check(id: transaction.id)
    guard !transaction.statements.isEmpty else { throw Malformed(reason: "a transaction has at least one statement") }
    var statements: [JSON] = []
    for statement in transaction.statements { statements.append(try Self.written(statement)) }
    let message: JSON = ["id": .string(transaction.id), "statements": .array(statements)]
    text = message.text(keys: .kept).withoutNoncharacters
  }

  /// The transaction of the text, under a key that the text does not have.
  func transaction(key: String) throws(Malformed) -> Transaction {
    let message: JSON
    do {
      message = try JSON(parsing: text)
    } catch {
      throw Malformed(reason: "not JSON: \(error.message) at byte \(error.offset)")
    }
    guard let object = message.object else { throw Malformed(reason: "not an object") }
    guard let id = object["id"]?.string else { throw Malformed(reason: "\"id\" is not a text") }
    try Self.check(id: id)
    guard let items = object["statements"]?.array, !items.isEmpty else {
      throw Malformed(reason: "\"statements\" is not a list with at least one")
    }
    var statements: [Statement] = []
    for item in items { statements.append(try Self.statement(item)) }
    return Transaction(id: id, key: key, statements: statements)
  }

  private static func check(id: String) throws(Malformed) {
    guard (1...longestID).contains(id.utf8.count), !id.utf8.contains(0) else {
      throw Malformed(reason: "\"id\" is not a text of 1 to \(longestID) bytes without a zero byte")
    }
  }

  private static func check(sql: String) throws(Malformed) {
    guard sql.contains(where: { !$0.isWhitespace }) else { throw Malformed(reason: "a statement has no \"sql\"") }
    guard !SQLText(sql).endsTransaction else {
      throw Malformed(reason: "a statement begins or ends a transaction, which the client does itself")
    }
  }
}

// MARK: Writing

extension TransactionBody {
  private static func written(_ statement: Statement) throws(Malformed) -> JSON {
    try check(sql: statement.sql)
    var parameters: [JSON] = []
    for parameter in statement.parameters { parameters.append(try written(parameter)) }
    return ["sql": .string(statement.sql), "parameters": .array(parameters)]
  }

  private static func written(_ parameter: Parameter) throws(Malformed) -> JSON {
    var object: JSONObject = ["name": .string(parameter.name)]
    switch parameter.value {
    case .null: object["value"] = ["isNull": true]
    case .boolean(let flag): object["value"] = ["booleanValue": .bool(flag)]
    case .integer(let number): object["value"] = ["longValue": .int(number)]
    case .double(let number):
      guard number.isFinite else {
        throw Malformed(reason: "parameter \"\(parameter.name)\" is not finite: the Data API has no form for it")
      }
      object["value"] = ["doubleValue": .double(number)]
    case .text(let text), .hinted(let text, _): object["value"] = ["stringValue": .string(text)]
    case .bytes(let bytes): object["value"] = ["blobValue": .string(Base64.encode(bytes))]
    }
    if let hint = parameter.typeHint { object["typeHint"] = .string(hint) }
    return .object(object)
  }
}

extension String {
  /// JSON allows U+FFFE and U+FFFF as they are, SQS does not. Outside of its texts JSON has neither.
  fileprivate var withoutNoncharacters: String {
    guard unicodeScalars.contains(where: { $0.value == 0xFFFE || $0.value == 0xFFFF }) else { return self }
    return unicodeScalars.reduce(into: "") { text, scalar in
      switch scalar.value {
      case 0xFFFE: text += "\\ufffe"
      case 0xFFFF: text += "\\uffff"
      default: text.unicodeScalars.append(scalar)
      }
    }
  }
}

// MARK: Reading

extension TransactionBody {
  private static func statement(_ item: JSON) throws(Malformed) -> Statement {
    guard let sql = item["sql"]?.string else { throw Malformed(reason: "a statement has no \"sql\"") }
    try check(sql: sql)
    guard let items = (item["parameters"] ?? []).array else {
      throw Malformed(reason: "\"parameters\" is not a list of objects")
    }
    var parameters: [Parameter] = []
    for item in items { parameters.append(try parameter(item)) }
    return Statement(sql, parameters: parameters)
  }

  static func parameter(_ item: JSON) throws(Malformed) -> Parameter {
    guard let object = item.object else { throw Malformed(reason: "\"parameters\" is not a list of objects") }
    guard let name = object["name"]?.string, let members = object["value"]?.object?.members, members.count == 1,
      let member = members.first, let value = value(member.key, member.value)
    else { throw Malformed(reason: "a parameter is not one of the Data API's") }
    return Parameter(name, value, typeHint: object["typeHint"]?.string)
  }

  private static func value(_ kind: String, _ value: JSON) -> SQLValue? {
    switch kind {
    case "isNull": value.bool == true ? .null : nil
    case "booleanValue": value.bool.map { .boolean($0) }
    case "longValue": value.int.map { .integer($0) }
    case "doubleValue": value.double.map { .double($0) }
    case "stringValue": value.string.map { .text($0) }
    // JSON has no bytes: they are base 64, as in the Data API's own requests.
    case "blobValue": value.string.flatMap(Base64.decode).map { .bytes($0) }
    default: nil
    }
  }
}
