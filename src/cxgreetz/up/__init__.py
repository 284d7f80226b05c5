"""The one command's room: what runs the month by itself on one machine.

In: workspace folders. Out: Prefect's server, its deployments, a worker and the review pages,
until somebody stops them. Never: an import of Prefect (it runs as children), a secret in an
argument or a file, a child that outlives the command.

`plan` decides what is to run, with which settings and where; `keeper` starts, watches and stops
children; `api` is the little of Prefect's server that is asked from here; `tidying` knows which
runs nobody will finish; `heir` ends what is left, also should the command itself be killed;
`command` does it all.
"""
