// SPDX-License-Identifier: Apache-2.0

import Core
import Testing

@Suite("Secrets in the graph of a stack")
struct SecretsBlueprintTests {
  @Test("of users are rotated by the function, which nobody but their secret may call for it")
  func users() throws {
    let graph = try graph("payments")
    #expect(try graph.resource("secretsmanager/secret.app").key == "payments/users/app")
    #expect(try graph.text("secretsmanager/rotation.app", "schedule") == "cron(0 4 1 * ? *)")
    #expect(
      try graph.value("secretsmanager/rotation.app", "function").unknowns
        == [OutputID(Address("lambda/function", "rotate-user"), "arn")])
    let permission = "lambda/permission.rotate-app"
    #expect(try graph.text(permission, "principal") == "secretsmanager.amazonaws.com")
    #expect(
      try graph.value(permission, "sourceARN").unknowns == [OutputID(Address("secretsmanager/secret", "app"), "arn")])
  }

  @Test("of users are rotated at once, so that the way to the database is there before")
  func order() throws {
    let graph = try graph("payments")
    let needs = try graph.resource("secretsmanager/rotation.app").needs
    let wanted = [
      "lambda/permission.rotate-app", "rds/instance.a", "rds/instance.b", "rds/instance.c",
      "ec2/interface-endpoint.secretsmanager", "ec2/security-group-rules.database",
      "ec2/security-group-rules.functions",
    ]
    for address in wanted.compactMap(Address.init(parsing:)) {
      #expect(graph.resources[address] != nil, "\(address) is not in the graph")
      #expect(needs.contains(address), "\(address)")
    }
  }

  @Test("of the master user are rotated by RDS, on the spec's own schedule")
  func master() throws {
    let graph = try graph("payments")
    #expect(try graph.text("secretsmanager/rotation.master", "schedule") == "cron(0 4 ? * SUN *)")
    #expect(try graph.value("secretsmanager/rotation.master", "function") == .null)
    #expect(
      try graph.value("secretsmanager/rotation.master", "secret").unknowns
        == [OutputID(Address("rds/cluster", "main"), "masterSecretArn")])
  }

  @Test("are none but the master's where the spec names no users")
  func noUsers() throws {
    let graph = try graph("minimal")
    #expect(graph.ofKind("secretsmanager/secret").isEmpty)
    #expect(graph.ofKind("secretsmanager/rotation").map(\.address.name) == ["master"])
  }
}
