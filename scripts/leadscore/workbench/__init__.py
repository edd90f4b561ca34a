"""The workbench: a local web page on the published marts (`leadscore app`)."""
