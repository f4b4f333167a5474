// SPDX-License-Identifier: Apache-2.0

internal import Core

/// Spreads inputs over address, headers and body: the protocols `rest-json` and `rest-xml`.
struct RESTEncoder {
  private let input: Fields
  private let operation: OperationModel

  static func encode(
    _ input: Fields, for operation: OperationModel, to endpoint: Endpoint, into request: inout HTTPRequest
  ) throws(CallError) {
    let encoder = RESTEncoder(input: input, operation: operation)
    let template = operation.requestURI.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    var path = String(template.first ?? "/")
    if endpoint.namesBuckets, let bucket = encoder.bucketForHost, path.hasPrefix("/{Bucket}") {
      request.host = "\(bucket).\(request.host)"
      path = "/" + path.dropFirst("/{Bucket}".count).drop { $0 == "/" }
    }
    request.path = endpoint.path + (try encoder.path(path))
    request.query = encoder.fixedQuery(template.count > 1 ? template[1] : "") + encoder.query()
    request.headers = encoder.headers()
    encoder.setBody(of: &request)
    if operation.requiresChecksum {
      request.setHeader("x-amz-checksum-sha256", Base64.encode(Digest.sha256(request.body)))
    }
  }

  private func members(in location: Member.Location) -> [(member: Member, value: Document)] {
    operation.input.members.enumerated().compactMap { index, member in
      guard member.location == location, let value = input[index], value != .null else { return nil }
      return (member, value)
    }
  }

  // MARK: Address

  /// Fills the labels: `/{Bucket}/{Key+}`, where the plus lets slashes stand.
  private func path(_ template: String) throws(CallError) -> String {
    var path = ""
    var rest = template[...]
    while let start = rest.firstIndex(of: "{"), let end = rest[start...].firstIndex(of: "}") {
      path += rest[..<start]
      let label = rest[rest.index(after: start)..<end]
      path += label.hasSuffix("+") ? try value(of: label.dropLast(), keeping: "/") : try value(of: label, keeping: "")
      rest = rest[rest.index(after: end)...]
    }
    return path + rest
  }

  /// The certificates of S3 cover one label before the host: a name with dots stays in the path.
  private var bucketForHost: String? {
    let member = members(in: .uri).first { $0.member.wireName == "Bucket" }
    guard case .string(let name)? = member?.value, !name.isEmpty else { return nil }
    let isLabel = name.utf8.allSatisfy { 0x61...0x7a ~= $0 || 0x30...0x39 ~= $0 || $0 == 0x2d }
    return isLabel ? name : nil
  }

  /// An empty label would lead to another address, and so to another operation.
  private func value(of label: Substring, keeping kept: StaticString) throws(CallError) -> String {
    let text = members(in: .uri).first { $0.member.wireName == label }
      .flatMap { ScalarText.encode($0.value, $0.member.shape, timestamps: .iso8601) }
    guard let text, !text.isEmpty else {
      throw RequestEncoder.invalid(operation, "\(label) is missing: it is part of the address")
    }
    return PercentEncoding.encode(bareIdentifier(text), keeping: kept)
  }

  /// Route 53 gives ids out as `/hostedzone/Z0123` and takes them back as `Z0123`.
  private func bareIdentifier(_ text: String) -> String {
    guard operation.service.serviceID == "Route 53", let slash = text.lastIndex(of: "/") else { return text }
    return String(text[text.index(after: slash)...])
  }

  /// What the model's address already has behind the question mark.
  private func fixedQuery(_ text: Substring) -> [(name: String, value: String)] {
    text.split(separator: "&").map { pair in
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
    }
  }

  /// Members that have a name of their own go before what a map says of the same name.
  private func query() -> [(name: String, value: String)] {
    var pairs: [(name: String, value: String)] = []
    let members = members(in: .querystring)
    let named = members.filter { if case .map = $0.value { false } else { true } }
    for (member, value) in named {
      for text in texts(value, member.shape) { pairs.append((member.wireName, text)) }
    }
    for case (let member, .map(let entries)) in members {
      guard case .map(let map) = member.shape else { continue }
      for entry in entries where !named.contains(where: { $0.member.wireName == entry.key }) {
        for text in texts(entry.value, map.value) { pairs.append((entry.key, text)) }
      }
    }
    return pairs.map { (PercentEncoding.encode($0.name), PercentEncoding.encode($0.value)) }
  }

  private func texts(_ value: Document, _ shape: Shape) -> [String] {
    if case .list(let items) = value, case .list(let list) = shape {
      return items.compactMap { ScalarText.encode($0, list.element, timestamps: .iso8601) }
    }
    return ScalarText.encode(value, shape, timestamps: .iso8601).map { [$0] } ?? []
  }

  // MARK: Headers

  private func headers() -> [(name: String, value: String)] {
    var headers: [(name: String, value: String)] = []
    for case (let member, .map(let entries)) in members(in: .headers) {
      for case (let key, .string(let text)) in entries.map({ ($0.key, $0.value) }) {
        headers.append(((member.locationName ?? "") + key, text))
      }
    }
    for (member, value) in members(in: .header) {
      guard let text = headerText(value, member) else { continue }
      headers.removeAll { $0.name.lowercased() == member.wireName.lowercased() }
      headers.append((member.wireName, text))
    }
    return headers
  }

  private func headerText(_ value: Document, _ member: Member) -> String? {
    if member.traits.contains(.jsonValue), case .string(let text) = value { return Base64.encode(Array(text.utf8)) }
    guard case .list(let items) = value, case .list(let list) = member.shape else {
      return ScalarText.encode(value, member.shape, timestamps: .rfc822)
    }
    return items.compactMap { item in
      ScalarText.encode(item, list.element, timestamps: .rfc822).map { text in
        if case .string = item { Self.listItem(text) } else { text }
      }
    }
    .joined(separator: ", ")
  }

  /// In quotes where it would otherwise look like more than one item.
  private static func listItem(_ text: String) -> String {
    guard text.contains(where: { $0 == "," || $0 == "\"" }) else { return text }
    return "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
  }

  // MARK: Body

  private func setBody(of request: inout HTTPRequest) {
    if let payload = operation.input.payload {
      setPayload(operation.input.members[payload], input[payload], of: &request)
    } else if hasBody {
      switch operation.service.wireProtocol {
      case .restXML: setXML(input, operation.input, of: &request)
      case .restJSON, .json, .query, .ec2: setJSON(JSONBody.encode(input, operation.input), of: &request)
      }
    }
  }

  /// JSON bodies are sent even when empty, XML ones are not.
  private var hasBody: Bool {
    let isXML = operation.service.wireProtocol == .restXML
    return operation.input.members.enumerated().contains { index, member in
      member.location == .body && (!isXML || input[index] != nil)
    }
  }

  private func setPayload(_ member: Member, _ value: Document?, of request: inout HTTPRequest) {
    switch (member.shape, value) {
    case (.blob, .blob(let bytes)?): setBody(bytes, "application/octet-stream", of: &request)
    case (.string, .string(let text)?): setBody(Array(text.utf8), "text/plain", of: &request)
    case (.blob, _), (.string, _): break
    case (.structure(let resolve), nil) where resolve().isUnion: break
    case (.structure(let resolve), .structure(let fields)?) where operation.service.wireProtocol == .restXML:
      setXMLPayload(fields, resolve(), member, of: &request)
    case (.structure, _), (.list, _), (.map, _), (.document, _), (.boolean, _), (.integer, _), (.double, _),
      (.timestamp, _):
      if operation.service.wireProtocol == .restXML { return }
      setJSON(value.map { JSONBody.encode($0, member.shape) } ?? [:], of: &request)
    }
  }

  /// A member's name counts when it is a name given on purpose: another than the member's own, or with a namespace, as S3
  /// has it. Otherwise the shape's does.
  private func setXMLPayload(
    _ fields: Fields, _ shape: StructureShape, _ member: Member, of request: inout HTTPRequest
  ) {
    let isNamed = member.locationName != member.name || member.namespace != nil
    let memberName = isNamed ? member.locationName : nil
    let body = XMLWriter.body(
      fields, shape, element: memberName ?? shape.elementName ?? shape.name,
      namespace: member.namespace ?? shape.namespace)
    setBody(body, "application/xml", of: &request)
  }

  private func setXML(_ fields: Fields, _ shape: StructureShape, of request: inout HTTPRequest) {
    let body = XMLWriter.body(
      fields, shape, element: operation.inputElement ?? shape.elementName ?? shape.name,
      namespace: operation.inputNamespace ?? shape.namespace)
    setBody(body, "application/xml", of: &request)
  }

  private func setJSON(_ json: JSON, of request: inout HTTPRequest) {
    setBody(json.utf8(keys: .kept), "application/json", of: &request)
  }

  /// A member that names the content's type goes before ours.
  private func setBody(_ body: [UInt8], _ contentType: String, of request: inout HTTPRequest) {
    request.body = body
    if !request.headers.contains(where: { $0.name.lowercased() == "content-type" }) {
      request.headers.append(("Content-Type", contentType))
    }
  }
}
