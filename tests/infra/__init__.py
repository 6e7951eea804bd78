"""Tests of the stack: its template, its configuration, its bundle, and the CDK's command line."""
