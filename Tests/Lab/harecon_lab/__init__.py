# SPDX-License-Identifier: Apache-2.0
"""A laboratory for failovers: real PostgreSQL servers, killed under load, with the stack's own code on top."""
