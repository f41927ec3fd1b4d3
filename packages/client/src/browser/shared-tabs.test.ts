import './shared-tabs.suite.ts'
