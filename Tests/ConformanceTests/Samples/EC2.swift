// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources

// The network that the samples of other kinds stand on.

extension Stage {
  var vpc: Node<VPC> { Node("main", .init(cidr: "10.20.0.0/16", tags: tags(VPC.name, "main"))) }

  /// - Parameter index: 0, 1 or 2: the zone and the range.
  func subnet(_ index: Int) -> Node<Subnet> {
    let letter = ["a", "b", "c"][index]
    return Node(
      letter,
      .init(
        vpc: vpc.output(\.id), zone: "us-east-1\(letter)", cidr: "10.20.\(index * 16).0/20",
        tags: tags(Subnet.name, letter)))
  }

  func group(_ name: String) -> Node<SecurityGroup> {
    Node(
      name,
      .init(
        name: "\(stack)-\(name)", description: "the \(name) of a sample", vpc: vpc.output(\.id),
        tags: tags(SecurityGroup.name, name)))
  }
}
