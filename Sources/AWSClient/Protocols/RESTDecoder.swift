// SPDX-License-Identifier: Apache-2.0

internal import Core

/// Gathers outputs from status, headers and body: the protocols `rest-json` and `rest-xml`.
enum RESTDecoder {
  static func decode(
    _ response: HTTPResponse, _ shape: StructureShape, _ wireProtocol: WireProtocol
  ) throws(Unreadable) -> Fields {
    let fromBody = try body(response, shape, wireProtocol)
    var fields = try headers(response, shape)
    for index in shape.members.indices where fields[index] == nil { fields[index] = fromBody[index] }
    return fields
  }

  /// The members that stand in status and headers.
  static func headers(_ response: HTTPResponse, _ shape: StructureShape) throws(Unreadable) -> Fields {
    var fields = Fields(count: shape.members.count)
    for (index, member) in shape.members.enumerated() {
      do {
        switch member.location {
        case .body, .uri, .querystring: break  // In an answer the latter two mean nothing: the body has them all.
        case .statusCode: fields[index] = .integer(response.status)
        case .headers: fields[index] = prefixed(response, member)
        case .header:
          fields[index] = try response.header(member.wireName).flatMap { (text) throws(Unreadable) in
            try headerValue(text, member)
          }
        }
      } catch {
        throw error.inside(member.name)
      }
    }
    return fields
  }

  // MARK: Body

  private static func body(
    _ response: HTTPResponse, _ shape: StructureShape, _ wireProtocol: WireProtocol
  ) throws(Unreadable) -> Fields {
    if let payload = shape.payload {
      var fields = Fields(count: shape.members.count)
      fields[payload] = try payloadValue(response, shape.members[payload].shape, wireProtocol)
      return fields
    }
    guard shape.members.contains(where: \.isInResponseBody) else { return Fields(count: shape.members.count) }
    if wireProtocol != .restXML { return try JSONBody.decode(try ResponseDecoder.json(response), shape) }
    return try XMLBody.decode(response.body.isEmpty ? .empty : try XMLNode(parsing: response.body), shape)
  }

  private static func payloadValue(
    _ response: HTTPResponse, _ shape: Shape, _ wireProtocol: WireProtocol
  ) throws(Unreadable) -> Document? {
    if response.body.isEmpty { return nil }
    switch shape {
    case .blob: return .blob(response.body)
    case .string: return .string(String(decoding: response.body, as: UTF8.self))
    case .boolean, .integer, .double, .timestamp, .list, .map, .structure, .document:
      if wireProtocol != .restXML { return try JSONBody.decode(try ResponseDecoder.json(response), shape) }
      return try XMLBody.decode(try XMLNode(parsing: response.body), shape)
    }
  }

  // MARK: Headers

  private static func prefixed(_ response: HTTPResponse, _ member: Member) -> Document {
    let prefix = (member.locationName ?? "").lowercased()
    return .map(
      response.headers.filter { $0.name.lowercased().hasPrefix(prefix) }
        .map { Document.MapEntry(String($0.name.dropFirst(prefix.count)), .string($0.value)) })
  }

  private static func headerValue(_ text: String, _ member: Member) throws(Unreadable) -> Document? {
    if member.traits.contains(.jsonValue) {
      guard let bytes = Base64.decode(text), let json = String(validating: bytes, as: UTF8.self) else {
        throw Unreadable("\"\(text)\" is not base 64")
      }
      return .string(json)
    }
    guard case .list(let list) = member.shape else { return try ScalarText.decode(text, member.shape) }
    var items: [Document] = []
    for item in Self.items(of: text, list.element) {
      if let value = try ScalarText.decode(item, list.element) { items.append(value) }
    }
    return .list(items)
  }

  /// The items of a header: split at commas that stand outside quotes; dates have one comma of their own.
  private static func items(of text: String, _ element: Shape) -> [String] {
    var items: [String] = [""]
    var isQuoted = false
    var isEscaped = false
    for character in text {
      if isEscaped {
        items[items.count - 1].append(character)
        isEscaped = false
      } else if isQuoted && character == "\\" {
        isEscaped = true
      } else if character == "\"" {
        isQuoted.toggle()
      } else if character == "," && !isQuoted {
        items.append("")
      } else if character != " " || isQuoted || !items[items.count - 1].isEmpty {
        items[items.count - 1].append(character)
      }
    }
    items = items.map { $0.hasSuffix(" ") ? ScalarText.trimmed($0) : $0 }
    guard case .timestamp(let format) = element, format != .iso8601, format != .unixTimestamp else { return items }
    return stride(from: 0, to: items.count - 1, by: 2).map { "\(items[$0]), \(items[$0 + 1])" }
  }
}
