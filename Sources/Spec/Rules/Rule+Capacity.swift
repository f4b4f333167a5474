// SPDX-License-Identifier: Apache-2.0

extension Rule {
  /// How far instances scale.
  static let capacity: [Rule] = [
    Rule(
      "HA010", "capacity-min",
      what: "An instance has at least one capacity unit.",
      why: """
        At 0 an idle instance pauses and takes 15 seconds to resume, 30 after a day: half of what a failover may take. At \
        0.5 `max_connections` is held below 2,000 and the instance starts too small to take over.
        """,
      wayOut: "set `cluster.capacity.min` to 1 or more, and large enough to survive on",
      reads: ["cluster.capacity.min"]
    ) { stack in
      let capacity = stack.cluster.capacity
      return capacity.min >= 1
        ? [] : [Finding("\(text(capacity.min)) is less than 1 capacity unit", at: capacity.$min.span)]
    },
    Rule(
      "HA011", "capacity-steps",
      what: "Capacity is given in half steps.",
      why: "Serverless v2 knows multiples of 0.5 only; AWS refuses anything between.",
      wayOut: "round to a multiple of 0.5",
      reads: ["cluster.capacity"]
    ) { stack in
      let capacity = stack.cluster.capacity
      return [capacity.$min, capacity.$max].filter { ($0.value * 2).rounded() != $0.value * 2 }.map { bound in
        Finding(
          "\(text(bound.value)) is no multiple of 0.5", at: bound.span,
          hint: "the next ones are \(text((bound.value * 2).rounded(.down) / 2)) and "
            + text((bound.value * 2).rounded(.up) / 2))
      }
    },
    Rule(
      "HA012", "capacity-range",
      what: "The largest capacity is at least the smallest and at most 256.",
      why: "256 capacity units, about 512 GiB of memory, are the most that Aurora gives one instance.",
      wayOut: "choose `cluster.capacity.max` from `min` to 256",
      reads: ["cluster.capacity"]
    ) { stack in
      let capacity = stack.cluster.capacity
      if capacity.max > 256 {
        return [Finding("\(text(capacity.max)) is more than 256 capacity units", at: capacity.$max.span)]
      }
      guard capacity.max < capacity.min else { return [] }
      return [
        Finding(
          "the largest capacity \(text(capacity.max)) is below the smallest, \(text(capacity.min))",
          at: capacity.$max.span)
      ]
    },
  ]

  private static func text(_ number: Double) -> String { PlainScalar.shortest(number) }
}
