// SPDX-License-Identifier: Apache-2.0

internal import Core

/// Documents as JSON and back: the bodies of `json` and `rest-json`.
enum JSONBody {
  static func encode(_ fields: Fields, _ shape: StructureShape) -> JSON {
    var object = JSONObject()
    for (index, member) in shape.members.enumerated() where member.location == .body {
      guard let value = fields[index] else { continue }
      object[member.wireName] = encode(value, member.shape)
    }
    return .object(object)
  }

  static func encode(_ value: Document, _ shape: Shape) -> JSON {
    switch (value, shape) {
    case (.null, _): return .null
    case (.boolean(let flag), _): return .bool(flag)
    case (.integer(let number), _): return .int(number)
    case (.double(let number), _): return number.isFinite ? .double(number) : .string(ScalarText.text(number))
    case (.string(let text), _): return .string(text)
    case (.blob(let bytes), _): return .string(Base64.encode(bytes))
    case (.timestamp(let moment), _): return encode(moment, ScalarText.format(of: shape) ?? .unixTimestamp)
    case (.json(let json), _): return json
    case (.list(let items), .list(let list)): return .array(items.map { encode($0, list.element) })
    case (.map(let entries), .map(let map)):
      return .object(JSONObject(entries.map { (key: $0.key, value: encode($0.value, map.value)) }))
    case (.structure(let fields), .structure(let resolve)): return encode(fields, resolve())
    case (.list, _), (.map, _), (.structure, _): return .null
    }
  }

  private static func encode(_ moment: Timestamp, _ format: TimestampFormat) -> JSON {
    switch format {
    case .iso8601, .rfc822: .string(moment.text(format))
    case .unixTimestamp: Int(exactly: moment.secondsSinceEpoch).map(JSON.int) ?? .double(moment.secondsSinceEpoch)
    }
  }

  // MARK: Decoding

  static func decode(_ json: JSON, _ shape: StructureShape) throws(Unreadable) -> Fields {
    guard let object = json.object else { throw Unreadable("expected an object") }
    var fields = Fields(count: shape.members.count)
    for (index, member) in shape.members.enumerated() where member.isInResponseBody {
      guard let value = object[member.wireName], value != .null else { continue }
      do {
        fields[index] = try decode(value, member.shape)
      } catch {
        throw error.inside(member.name)
      }
    }
    return fields
  }

  /// nil when the value stands for none.
  static func decode(_ json: JSON, _ shape: Shape) throws(Unreadable) -> Document? {
    if case .document = shape { return .json(json) }
    if case .null = json { return .null }
    switch shape {
    case .boolean, .integer, .double, .string, .blob, .timestamp, .document: return try scalar(json, shape)
    case .structure(let resolve): return .structure(try decode(json, resolve()))
    case .list(let list):
      guard let items = json.array else { throw Unreadable("expected an array") }
      return .list(try decode(items, list))
    case .map(let map):
      guard let object = json.object else { throw Unreadable("expected an object") }
      return .map(try decode(object, map))
    }
  }

  /// Numbers and flags may come as strings: some services send them so.
  private static func scalar(_ json: JSON, _ shape: Shape) throws(Unreadable) -> Document? {
    switch (json, shape) {
    case (.string(let text), _): return try ScalarText.decode(text, shape)
    case (.bool(let flag), .boolean): return .boolean(flag)
    case (.int(let number), .integer): return .integer(number)
    case (.int(let number), .double): return .double(Double(number))
    case (.int(let number), .timestamp): return .timestamp(Timestamp(secondsSinceEpoch: Double(number)))
    case (.double(let number), .double): return .double(number)
    case (.double(let number), .timestamp): return .timestamp(Timestamp(secondsSinceEpoch: number))
    case (.double(let number), .integer):
      guard let whole = Int(exactly: number.rounded(.towardZero)) else { throw Unreadable("\(number) is out of range") }
      return .integer(whole)
    case (.null, _), (.bool, _), (.int, _), (.double, _), (.array, _), (.object, _):
      throw Unreadable("not the kind of value that was expected")
    }
  }

  private static func decode(_ items: [JSON], _ list: ListShape) throws(Unreadable) -> [Document] {
    var documents: [Document] = []
    documents.reserveCapacity(items.count)
    for (index, item) in items.enumerated() {
      do {
        documents.append(try decode(item, list.element) ?? .null)
      } catch {
        throw error.inside("[\(index)]")
      }
    }
    return documents
  }

  private static func decode(_ object: JSONObject, _ map: MapShape) throws(Unreadable) -> [Document.MapEntry] {
    var entries: [Document.MapEntry] = []
    entries.reserveCapacity(object.count)
    for (key, value) in object.members {
      do {
        entries.append(Document.MapEntry(key, try decode(value, map.value) ?? .null))
      } catch {
        throw error.inside("[\(key)]")
      }
    }
    return entries
  }
}
