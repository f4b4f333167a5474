// SPDX-License-Identifier: Apache-2.0

/// Statements that are applied all, once, or not at all.
///
/// They are fixed beforehand: nothing that was read or computed meanwhile finds its way into them. What must hold for
/// them to be applied stands in the SQL itself (`where balance >= :amount`), and so do `now()` and sequences.
public struct Transaction: Sendable, Hashable {
  /// 1 to 255 bytes of UTF-8 without a zero byte. Chosen once for what its author wants done, never per attempt.
  public let id: String
  /// Transactions of one key are applied in the order in which they were submitted; those of others pass.
  public let key: String
  /// At least one. None of them begins or ends a transaction: the client does.
  public let statements: [Statement]

  /// Checks nothing: what is malformed is refused when it is submitted.
  public init(id: String, key: String, statements: [Statement]) {
    self.id = id
    self.key = key
    self.statements = statements
  }
}

/// One SQL statement; it names its parameters `:name`.
public struct Statement: Sendable, Hashable {
  /// Begins or ends no transaction.
  public let sql: String
  /// One for each name in `sql`.
  public let parameters: [Parameter]

  /// A statement with parameters that have type hints of their own.
  public init(_ sql: String, parameters: [Parameter]) {
    self.sql = sql
    self.parameters = parameters
  }

  /// `Statement("update account set balance = balance + :n where id = :id", ["n": 5, "id": .uuid("5b1e…")])`.
  public init(_ sql: String, _ values: KeyValuePairs<String, SQLValue> = [:]) {
    self.init(sql, parameters: values.map { Parameter($0.key, $0.value) })
  }
}

/// A value and the name under which the statement has it.
public struct Parameter: Sendable, Hashable {
  /// Without the colon.
  public let name: String
  /// A `hinted` one is a `text` here, and its hint stands beside it.
  public let value: SQLValue
  /// `DATE`, `DECIMAL`, `JSON`, `TIME`, `TIMESTAMP` or `UUID`: as what the Data API hands a text to PostgreSQL.
  public let typeHint: String?

  /// - Parameter typeHint: goes before that of a `hinted` value.
  public init(_ name: String, _ value: SQLValue, typeHint: String? = nil) {
    self.name = name
    switch value {
    case .hinted(let text, let hint):
      self.value = .text(text)
      self.typeHint = typeHint ?? hint
    case .null, .boolean, .integer, .double, .text, .bytes:
      self.value = value
      self.typeHint = typeHint
    }
  }
}

/// A parameter's value, in the types that the Data API has.
public enum SQLValue: Sendable, Hashable {
  case null
  case boolean(Bool)
  case integer(Int)
  /// Must be finite.
  case double(Double)
  case text(String)
  case bytes([UInt8])
  /// A text that PostgreSQL takes for another type; see the constructors below.
  case hinted(String, as: String)

  /// Exact, as in `12.50`.
  public static func decimal(_ digits: String) -> SQLValue { .hinted(digits, as: "DECIMAL") }
  /// `5b1e0c52-…`.
  public static func uuid(_ text: String) -> SQLValue { .hinted(text, as: "UUID") }
  /// A JSON text.
  public static func json(_ text: String) -> SQLValue { .hinted(text, as: "JSON") }
  /// `2026-03-01`.
  public static func date(_ text: String) -> SQLValue { .hinted(text, as: "DATE") }
  /// `13:45:00.250`.
  public static func time(_ text: String) -> SQLValue { .hinted(text, as: "TIME") }
  /// `2026-03-01 13:45:00.250`, without a time zone.
  public static func timestamp(_ text: String) -> SQLValue { .hinted(text, as: "TIMESTAMP") }
}

extension SQLValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByNilLiteral
{
  /// A `text`.
  public init(stringLiteral value: String) { self = .text(value) }
  /// An `integer`.
  public init(integerLiteral value: Int) { self = .integer(value) }
  /// A `double`.
  public init(floatLiteral value: Double) { self = .double(value) }
  /// A `boolean`.
  public init(booleanLiteral value: Bool) { self = .boolean(value) }
  /// `null`.
  public init(nilLiteral: ()) { self = .null }
}
