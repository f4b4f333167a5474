// SPDX-License-Identifier: Apache-2.0

/// The hosts to which a request may go without TLS: this machine, and the metadata services that a machine's own
/// hypervisor or agent answers (EC2, ECS, EKS), which offer nothing else.
package enum PlainHTTP {
  package static func isAllowed(host: String) -> Bool {
    let name = hostWithoutPort(host).lowercased()
    return name == "localhost" || isLoopback(name) || metadataHosts.contains(name)
  }

  /// 127.0.0.0/8 or ::1.
  package static func isLoopback(_ host: String) -> Bool {
    if host == "::1" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }

  /// `[::1]:8080` and `localhost:8080` without the port and the brackets.
  package static func hostWithoutPort(_ host: String) -> String {
    if host.first == "[", let end = host.firstIndex(of: "]") {
      return String(host[host.index(after: host.startIndex)..<end])
    }
    return String(host.prefix { $0 != ":" })
  }

  /// EC2's instance metadata, ECS's task credentials, EKS's pod identity agent, over IPv4 and IPv6.
  package static let metadataHosts: Set<String> = [
    "169.254.169.254", "169.254.170.2", "169.254.170.23", "fd00:ec2::254", "fd00:ec2::23",
  ]
}
