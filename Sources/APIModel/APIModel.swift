// SPDX-License-Identifier: Apache-2.0

package import AWSClient
package import Core

/// A service model as botocore ships it (`service-2.json`, `paginators-1.json`), read into the shapes of AWSClient.
///
/// Both the generated targets and the tests of the protocols get their shapes here.
package final class APIModel: Sendable {
  package let service: ServiceModel
  private let operations: JSONObject
  private let shapes: JSONObject
  private let paginators: JSONObject

  /// - Parameters:
  ///   - name: botocore's folder name.
  ///   - additions: `service-2.sdk-extras.json`, whose `merge` is laid over the model as botocore does.
  package init(name: String, model: JSON, additions: JSON? = nil, paginators: JSON? = nil) throws(ModelError) {
    let model = additions?["merge"].map { model.overlaid(with: $0) } ?? model
    guard let metadata = model["metadata"]?.object else { throw ModelError("\(name): the model has no metadata") }
    service = try ServiceModel(name: name, metadata: metadata)
    operations = model["operations"]?.object ?? JSONObject()
    shapes = model["shapes"]?.object ?? JSONObject()
    self.paginators = paginators?["pagination"]?.object ?? JSONObject()
  }

  package var operationNames: [String] { operations.members.map(\.key) }

  /// Fails when there is no such operation, or when a shape that it reaches is missing or of an unknown type.
  package func operation(_ name: String) throws(ModelError) -> OperationModel {
    guard let operation = operations[name]?.object else {
      throw ModelError("\(service.name) has no operation \"\(name)\"")
    }
    let input = operation["input"]?.object
    let output = operation["output"]?.object
    let inputShape =
      try input.map { (reference) throws(ModelError) in try structure(referredToBy: reference) }
      ?? StructureShape("\(name)Input", [])
    var errors: [String: @Sendable () -> StructureShape] = [:]
    for case .object(let reference) in operation["errors"]?.array ?? [] {
      let shape = try structure(referredToBy: reference)
      errors[try errorCode(of: reference)] = { shape }
    }
    return OperationModel(
      service, name,
      method: operation["http"]?["method"]?.string ?? "POST",
      requestURI: operation["http"]?["requestUri"]?.string ?? "/",
      input: inputShape,
      output: try output.map { (reference) throws(ModelError) in try structure(referredToBy: reference) }
        ?? StructureShape("\(name)Output", []),
      resultWrapper: output?["resultWrapper"]?.string,
      inputElement: inputShape.elementName ?? input?["locationName"]?.string,
      inputNamespace: try namespace(input?["xmlNamespace"]) ?? inputShape.namespace,
      hostPrefix: operation["endpoint"]?["hostPrefix"]?.string,
      authorization: authorization(operation),
      requiresChecksum: operation["httpChecksum"]?["requestChecksumRequired"]?.bool == true,
      isReadOnly: OperationModel.isReadOnly(name),
      pagination: try pagination(of: name),
      errors: errors)
  }

  private func authorization(_ operation: JSONObject) -> OperationModel.Authorization {
    switch operation["authtype"]?.string {
    case "none": .anonymous
    case "v4-unsigned-body": .unsignedBody
    default: operation["unsignedPayload"]?.bool == true ? .unsignedBody : .signed
    }
  }

  private func errorCode(of reference: JSONObject) throws(ModelError) -> String {
    let name = try shapeName(of: reference)
    return shapes[name]?["error"]?["code"]?.string ?? name
  }

  private func pagination(of name: String) throws(ModelError) -> Pagination? {
    guard let paginator = paginators[name] else { return nil }
    func names(_ key: String) throws(ModelError) -> [String] {
      if let one = paginator[key]?.string { return [one] }
      guard let many = paginator[key]?.array?.compactMap(\.string), !many.isEmpty else {
        throw ModelError("\(service.name) \(name): the paginator has no \(key)")
      }
      return many
    }
    return Pagination(
      inputTokens: try names("input_token"), outputTokens: try names("output_token"),
      moreResults: paginator["more_results"]?.string, limit: paginator["limit_key"]?.string)
  }
}

// MARK: Shapes

extension APIModel {
  /// The shape of that name with everything it reaches checked; a type that AWSClient does not know is an error.
  package func structure(_ name: String) throws(ModelError) -> StructureShape {
    var seen: Set<String> = []
    return try structure(name, &seen)
  }

  private func structure(referredToBy reference: JSONObject) throws(ModelError) -> StructureShape {
    var seen: Set<String> = []
    return try structure(try shapeName(of: reference), payload: reference["payload"]?.string, &seen)
  }

  /// `payload`: what the reference to it says of the member that is the body, in place of what the shape does.
  private func structure(
    _ name: String, payload: String? = nil, _ seen: inout Set<String>
  ) throws(ModelError) -> StructureShape {
    guard let shape = shapes[name]?.object, shape["type"]?.string == "structure" else {
      throw ModelError("\(service.name): \"\(name)\" is no structure of the model")
    }
    seen.insert(name)
    let required = Set(shape["required"]?.array?.compactMap(\.string) ?? [])
    var members: [Member] = []
    for (memberName, reference) in shape["members"]?.object?.members ?? [] {
      guard let reference = reference.object else { throw ModelError("\(name).\(memberName) is no reference") }
      members.append(try member(memberName, reference, isRequired: required.contains(memberName), &seen))
    }
    return StructureShape(
      name, members, payload: payload ?? shape["payload"]?.string, elementName: shape["locationName"]?.string,
      namespace: try namespace(shape["xmlNamespace"]), isUnion: shape["union"]?.bool == true)
  }

  private func member(
    _ name: String, _ reference: JSONObject, isRequired: Bool, _ seen: inout Set<String>
  ) throws(ModelError) -> Member {
    let traits = try traits(of: reference)
    var flags: Member.Traits = isRequired ? .required : []
    let flagNames: [(String, Member.Traits)] = [
      ("idempotencyToken", .idempotencyToken), ("xmlAttribute", .xmlAttribute), ("jsonvalue", .jsonValue),
      ("hostLabel", .hostLabel), ("streaming", .streaming),
    ]
    for (key, flag) in flagNames where traits[key]?.bool == true { flags.insert(flag) }
    let location = traits["location"]?.string ?? "body"
    guard let location = Member.Location(rawValue: location) else {
      throw ModelError("\(service.name): the location \"\(location)\" of \"\(name)\" is not supported")
    }
    return Member(
      name, try shape(reference, &seen), as: traits["locationName"]?.string, in: location, flags,
      queryName: traits["queryName"]?.string, namespace: try namespace(traits["xmlNamespace"]))
  }

  private func shape(_ reference: JSONObject, _ seen: inout Set<String>) throws(ModelError) -> Shape {
    let traits = try traits(of: reference)
    let name = try shapeName(of: reference)
    switch traits["type"]?.string {
    case "boolean": return .boolean
    case "integer", "long": return .integer
    case "float", "double": return .double
    case "string", "character": return .string
    case "blob": return .blob
    case "timestamp": return .timestamp(try timestampFormat(traits))
    case "list": return .list(try list(name, traits, &seen))
    case "map": return .map(try map(name, traits, &seen))
    case "structure" where traits["document"]?.bool == true: return .document
    case "structure":
      if !seen.contains(name) { _ = try structure(name, &seen) }
      return .structure { [self] in
        do {
          return try structure(name)
        } catch {
          preconditionFailure("\(name) was there before: \(error)")
        }
      }
    case let type:
      throw ModelError("\(service.name): the type \"\(type ?? "")\" of \"\(name)\" is not supported")
    }
  }

  private func list(
    _ name: String, _ traits: JSONObject, _ seen: inout Set<String>
  ) throws(ModelError) -> ListShape {
    guard let element = traits["member"]?.object else { throw ModelError("\(name): a list without member") }
    let elementTraits = try self.traits(of: element)
    return ListShape(
      element: try shape(element, &seen), elementName: elementTraits["locationName"]?.string,
      isFlattened: traits["flattened"]?.bool == true, elementNamespace: try namespace(elementTraits["xmlNamespace"]))
  }

  private func map(_ name: String, _ traits: JSONObject, _ seen: inout Set<String>) throws(ModelError) -> MapShape {
    guard let key = traits["key"]?.object, let value = traits["value"]?.object else {
      throw ModelError("\(name): a map without key or value")
    }
    let keyTraits = try self.traits(of: key)
    let valueTraits = try self.traits(of: value)
    return MapShape(
      value: try shape(value, &seen), keyName: keyTraits["locationName"]?.string,
      valueName: valueTraits["locationName"]?.string, isFlattened: traits["flattened"]?.bool == true,
      keyNamespace: try namespace(keyTraits["xmlNamespace"]),
      valueNamespace: try namespace(valueTraits["xmlNamespace"]))
  }

  /// The traits of the shape, overridden by those of the reference to it; a structure's own name and namespace are for when
  /// it is the whole body, and stay with its shape.
  private func traits(of reference: JSONObject) throws(ModelError) -> JSONObject {
    let name = try shapeName(of: reference)
    guard var traits = shapes[name]?.object else { throw ModelError("\(service.name): no shape \"\(name)\"") }
    if traits["type"] == "structure" {
      traits["locationName"] = nil
      traits["xmlNamespace"] = nil
    }
    for (key, value) in reference.members where key != "shape" { traits[key] = value }
    return traits
  }

  private func shapeName(of reference: JSONObject) throws(ModelError) -> String {
    guard let name = reference["shape"]?.string else { throw ModelError("\(service.name): a reference to no shape") }
    return name
  }

  private func timestampFormat(_ traits: JSONObject) throws(ModelError) -> TimestampFormat? {
    guard let name = traits["timestampFormat"]?.string else { return nil }
    guard let format = TimestampFormat(rawValue: name) else { throw ModelError("no timestamp format \"\(name)\"") }
    return format
  }

  private func namespace(_ value: JSON?) throws(ModelError) -> XMLNamespace? {
    guard let value else { return nil }
    guard let uri = value.string ?? value["uri"]?.string else { throw ModelError("an XML namespace without uri") }
    return XMLNamespace(uri, prefix: value["prefix"]?.string)
  }
}

extension JSON {
  /// The members of both, those of `other` where both have one; objects in objects likewise.
  fileprivate func overlaid(with other: JSON) -> JSON {
    guard case .object(var merged) = self, case .object(let added) = other else { return other }
    for (key, value) in added.members { merged[key] = merged[key]?.overlaid(with: value) ?? value }
    return .object(merged)
  }
}
