// SPDX-License-Identifier: Apache-2.0

internal import Core

extension Plan {
  init(planFile json: JSON) throws(PlanFileError) {
    var fields = try PlanFields(json, at: "plan")
    let stack = try fields.text("stack")
    let account = try fields.text("account")
    let region = try fields.text("region")
    let purpose = try fields.read("purpose") { $0.texts.flatMap(Purpose.init(words:)) }
    let targets = try fields.read("targets") { $0.addresses }
    let specDigest = try fields.text("specDigest")
    let sightings = try Self.sightings(try fields.json("sightings"), at: fields.path("sightings"))
    let changes = try fields.list("changes", ResourceChange.init(planFile:at:))
    let steps = try fields.list("steps", Step.init(planFile:at:))
    let notes = try fields.list("notes", Diagnostic.init(planFile:at:))
    try fields.mustBeEmpty()
    self.init(
      stack: stack, account: account, region: region, purpose: purpose, targets: Set(targets), specDigest: specDigest,
      sightings: sightings, changes: changes, steps: steps, notes: notes)
  }

  private static func sightings(_ json: JSON, at place: String) throws(PlanFileError) -> [Address: Sighting] {
    guard let object = json.object else { throw .missing(place) }
    var sightings: [Address: Sighting] = [:]
    for (key, json) in object.members {
      guard let address = Address(parsing: key) else { throw .unexpected("\(place).\(key)") }
      var fields = try PlanFields(json, at: "\(place).\(key)")
      let id = try fields.optionalText("id")
      let attributes = try fields.read("attributes") { Value(planFile: $0)?.members }
      try fields.mustBeEmpty()
      sightings[address] = Sighting(id: id, attributes: attributes)
    }
    return sightings
  }
}

extension ResourceChange {
  fileprivate init(planFile json: JSON, at place: String) throws(PlanFileError) {
    var fields = try PlanFields(json, at: place)
    self.init(
      address: try fields.read("address") { $0.address },
      action: try fields.read("action") { $0.string.flatMap(Action.init(word:)) },
      attributes: try fields.list("attributes", AttributeChange.init(planFile:at:)),
      reasons: try fields.list("reasons") { (json, place) throws(PlanFileError) in
        guard let reason = json.texts.flatMap(Reason.init(words:)) else { throw .missing(place) }
        return reason
      },
      disruption: try fields.read("disruption") { $0.string.flatMap(Disruption.init(word:)) },
      id: try fields.optionalText("id"), origin: try fields.optional("origin", SourceSpan.init(planFile:at:)))
    try fields.mustBeEmpty()
  }
}

extension AttributeChange {
  fileprivate init(planFile json: JSON, at place: String) throws(PlanFileError) {
    var fields = try PlanFields(json, at: place)
    self.init(
      name: try fields.text("name"), old: try fields.value("old"), new: try fields.value("new"),
      mutability: try fields.read("mutability") { $0.texts.flatMap(Mutability.init(words:)) },
      disruption: try fields.read("disruption") { $0.string.flatMap(Disruption.init(word:)) },
      timing: try fields.optionalText("timing"))
    try fields.mustBeEmpty()
  }
}

extension Step {
  fileprivate init(planFile json: JSON, at place: String) throws(PlanFileError) {
    var fields = try PlanFields(json, at: place)
    self.init(
      id: try fields.read("step") { $0.string.flatMap(ID.init(parsing:)) },
      needs: Set(
        try fields.list("needs") { (json, place) throws(PlanFileError) in
          guard let id = json.string.flatMap(ID.init(parsing:)) else { throw .missing(place) }
          return id
        }),
      target: try fields.optionalText("target"),
      deletion: try fields.optional("deletion", Deletion.init(planFile:at:)))
    try fields.mustBeEmpty()
  }
}

extension Step.ID {
  /// Reads `create ec2/vpc.main`.
  init?(parsing text: String) {
    let parts = text.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, let verb = Step.Verb(rawValue: String(parts[0])),
      let address = Address(parsing: String(parts[1]))
    else { return nil }
    self.init(verb, address)
  }
}

extension Deletion {
  fileprivate init(planFile json: JSON, at place: String) throws(PlanFileError) {
    var fields = try PlanFields(json, at: place)
    self.init(finalSnapshot: try fields.optionalText("finalSnapshot"), wholeStack: try fields.flag("wholeStack"))
    try fields.mustBeEmpty()
  }
}

extension Diagnostic {
  fileprivate init(planFile json: JSON, at place: String) throws(PlanFileError) {
    var fields = try PlanFields(json, at: place)
    let address = try fields.optional("address") { (json, place) throws(PlanFileError) in
      guard let address = json.address else { throw .missing(place) }
      return address
    }
    self.init(
      try fields.read("severity") { $0.string.flatMap(Severity.init(rawValue:)) }, rule: try fields.text("rule"),
      try fields.text("message"), span: try fields.optional("span", SourceSpan.init(planFile:at:)), address: address,
      hint: try fields.optionalText("hint"), notes: try fields.texts("notes"))
    try fields.mustBeEmpty()
  }
}

extension SourceSpan {
  fileprivate init(planFile json: JSON, at place: String) throws(PlanFileError) {
    var fields = try PlanFields(json, at: place)
    self.init(
      file: try fields.text("file"), start: try fields.read("start") { $0.position },
      end: try fields.read("end") { $0.position })
    try fields.mustBeEmpty()
  }
}

extension JSON {
  fileprivate var texts: [String]? {
    guard let items = array else { return nil }
    let texts = items.compactMap(\.string)
    return texts.count == items.count ? texts : nil
  }

  fileprivate var address: Address? { string.flatMap(Address.init(parsing:)) }

  fileprivate var addresses: [Address]? {
    guard let texts else { return nil }
    let addresses = texts.compactMap(Address.init(parsing:))
    return addresses.count == texts.count ? addresses : nil
  }

  fileprivate var position: SourcePosition? {
    guard let pair = array, pair.count == 2, let line = pair[0].int, let column = pair[1].int else { return nil }
    return SourcePosition(line: line, column: column)
  }
}
