"""Row 4: anomaly detection on twelve tables of ADBench's classical collection.

The protocol, fixed before any result of ours was looked at. For seeds 0 to 4 a table is split at
random into 60 % for training and 40 % for testing, the shares of anomalies kept alike (the labels
serve for that and for the figure, never for training); every method trains on all of the training
part, anomalies included, and is judged by the area under the ROC curve (AUROC) on the test part.

In alphabetical order, upper and lower case alike, the tables are development and held-out tables
by turns:

- development: breastw, glass, letter, optdigits, satimage-2, vowels
- held out: cardio, Ionosphere, mammography, pendigits, thyroid, WDBC

One configuration for all tables is chosen on the development tables alone, is then the default of
`AnomalyDetector`, and the held-out tables are computed with it once.
"""
