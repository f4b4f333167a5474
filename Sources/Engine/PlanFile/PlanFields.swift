// SPDX-License-Identifier: Apache-2.0

internal import Core

/// The members of one object of a plan file, each to be taken once; what is left over is an error.
struct PlanFields {
  private var members: JSONObject
  private let place: String

  init(_ json: JSON, at place: String) throws(PlanFileError) {
    guard let object = json.object else { throw .missing(place) }
    members = object
    self.place = place
  }

  func mustBeEmpty() throws(PlanFileError) {
    if let extra = members.members.first { throw .unexpected(path(extra.key)) }
  }

  mutating func json(_ name: String) throws(PlanFileError) -> JSON {
    guard let value = members[name] else { throw .missing(path(name)) }
    members[name] = nil
    return value
  }

  mutating func text(_ name: String) throws(PlanFileError) -> String {
    try read(name) { $0.string }
  }

  mutating func optionalText(_ name: String) throws(PlanFileError) -> String? {
    members[name] == nil ? nil : try text(name)
  }

  mutating func flag(_ name: String) throws(PlanFileError) -> Bool {
    try read(name) { $0.bool }
  }

  mutating func number(_ name: String) throws(PlanFileError) -> Int {
    try read(name) { $0.int }
  }

  mutating func value(_ name: String) throws(PlanFileError) -> Value {
    try read(name) { Value(planFile: $0) }
  }

  /// A member that is read by `reading`, which gives nil for anything that it is not.
  mutating func read<T>(_ name: String, _ reading: (JSON) -> T?) throws(PlanFileError) -> T {
    guard let value = reading(try json(name)) else { throw .missing(path(name)) }
    return value
  }

  mutating func list<T>(
    _ name: String, _ reading: (JSON, _ place: String) throws(PlanFileError) -> T
  ) throws(PlanFileError) -> [T] {
    guard let items = try json(name).array else { throw .missing(path(name)) }
    var result: [T] = []
    for (index, item) in items.enumerated() { result.append(try reading(item, "\(path(name))[\(index)]")) }
    return result
  }

  mutating func texts(_ name: String) throws(PlanFileError) -> [String] {
    try list(name) { (json, place) throws(PlanFileError) in
      guard let text = json.string else { throw .missing(place) }
      return text
    }
  }

  mutating func optional<T>(
    _ name: String, _ reading: (JSON, _ place: String) throws(PlanFileError) -> T
  ) throws(PlanFileError) -> T? {
    guard let json = members[name] else { return nil }
    members[name] = nil
    return try reading(json, path(name))
  }

  func path(_ name: String) -> String { place.isEmpty ? name : "\(place).\(name)" }
}

/// An object without the members that are nil.
func object(_ members: (String, JSON?)...) -> JSON {
  .object(JSONObject(members.compactMap { name, value in value.map { (key: name, value: $0) } }))
}
