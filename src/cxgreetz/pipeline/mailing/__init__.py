"""The hall's room for what leaves by mail: a yes is asked for, campaigns are made, people told.

In: approved emails. Out: campaigns and their receipts, requests, notices. Never: an email that
nobody approved.
"""
