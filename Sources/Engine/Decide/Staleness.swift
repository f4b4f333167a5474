// SPDX-License-Identifier: Apache-2.0

package import Core

extension Plan {
  /// Refuses to carry out this plan when deciding again, now, does not come to the same.
  ///
  /// - Parameter now: what the same purpose and targets come to with today's spec and today's world.
  package func mustStillHold(_ now: Plan) throws(Stop) {
    guard digest != now.digest else { return }
    var moved: [Diagnostic] = []
    if (stack, account, region) != (now.stack, now.account, now.region) {
      moved.append(
        .planElsewhere(
          "stack \(stack), account \(account), \(region)", "stack \(now.stack), account \(now.account), \(now.region)"))
    }
    if specDigest != now.specDigest { moved.append(.specMoved) }
    for address in Set(sightings.keys).union(now.sightings.keys).sorted() {
      moved += Self.moves(at: address, from: sightings[address], to: now.sightings[address])
    }
    // A difference in what would be done that no sighting explains comes from another version of harecon.
    throw Stop(.stale, moved.isEmpty ? [.decisionMoved] : Self.brief(moved))
  }

  /// The first of many, and how many more: a plan whose stack was made in the meantime differs everywhere.
  private static func brief(_ moved: [Diagnostic], most: Int = 6) -> [Diagnostic] {
    moved.count <= most ? moved : moved.prefix(most - 1) + [.movedFurther(moved.count - most + 1)]
  }

  static func moves(at address: Address, from then: Sighting?, to now: Sighting?) -> [Diagnostic] {
    let before = then ?? .absent
    let after = now ?? .absent
    guard before.id == after.id else { return [.moved(address, from: before.id, to: after.id)] }
    return Set(before.attributes.keys).union(after.attributes.keys).sorted().compactMap { name in
      let (old, new) = (before.attributes[name] ?? .null, after.attributes[name] ?? .null)
      return old == new ? nil : .moved(address, name, from: old, to: new)
    }
  }
}

extension Diagnostic {
  private static let again = "plan again, and look at what it says now"

  static func planElsewhere(_ then: String, _ now: String) -> Diagnostic {
    Diagnostic(
      .error, rule: "plan.elsewhere", "the plan was made for \(then); this is \(now)",
      hint: "use the credentials and the spec that the plan was made with")
  }

  static let specMoved = Diagnostic(
    .error, rule: "plan.stale", "the spec has changed since the plan was made", hint: again)

  static let decisionMoved = Diagnostic(
    .error, rule: "plan.stale", "the same spec and the same world now lead to other actions", hint: again)

  static func movedFurther(_ count: Int) -> Diagnostic {
    Diagnostic(.error, rule: "plan.stale", "and \(count) more have moved since the plan was made", hint: again)
  }

  static func moved(_ address: Address, from old: String?, to new: String?) -> Diagnostic {
    let message =
      switch (old, new) {
      case (let old?, nil): "\"\(address)\" (\(old)) is gone since the plan was made"
      case (nil, let new?): "\"\(address)\" has come into being (\(new)) since the plan was made"
      default: "\"\(address)\" was \(old ?? "absent") when the plan was made and is \(new ?? "absent") now"
      }
    return Diagnostic(.error, rule: "plan.stale", message, address: address, hint: again)
  }

  static func moved(_ address: Address, _ attribute: String, from old: Value, to new: Value) -> Diagnostic {
    Diagnostic(
      .error, rule: "plan.stale",
      "\"\(attribute)\" of \"\(address)\" was \(old.brief) when the plan was made and is \(new.brief) now",
      address: address, hint: again)
  }
}
